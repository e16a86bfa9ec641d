-- How much was answered by itself lately, and to whom (intake/auto-reply.ts).
CREATE INDEX messages_auto_reply ON messages (org_id, received_at) WHERE flags ? 'autoReply';
