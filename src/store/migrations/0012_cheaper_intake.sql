-- What intake writes for each message, without the indexes that another one covers, and without statistics that no
-- plan needs: analyzing JSON and long texts took a growing database longer than taking the messages in.

-- An item of the timeline is read by its customer or its conversation, never by its own id.
ALTER TABLE timeline_items DROP CONSTRAINT timeline_items_pkey, ADD PRIMARY KEY (org_id, customer_id, position);
DROP INDEX timeline_items_customer;
-- The rebuild of an organization's routing reads queue_items_inbox.
DROP INDEX queue_items_live;
-- Decisions are read by their conversation.
DROP INDEX routing_decisions_item;
-- An address is read by its value or its customer.
DROP INDEX customer_addresses_id;

-- What is written once for each message and read as a whole: as JSON text, which costs a third of jsonb to take in.
ALTER TABLE events ALTER COLUMN data TYPE json, ALTER COLUMN actor TYPE json, ALTER COLUMN touched TYPE json;
ALTER TABLE timeline_items ALTER COLUMN thing TYPE json, ALTER COLUMN actor TYPE json;
ALTER TABLE inbound_events ALTER COLUMN typed TYPE json, ALTER COLUMN receipt TYPE json;
ALTER TABLE routing_decisions ALTER COLUMN because TYPE json;
ALTER TABLE conversations ALTER COLUMN due_because TYPE json;

DO $$
DECLARE one record;
BEGIN
  FOR one IN
    SELECT attrelid::regclass AS name, attname, atttypid FROM pg_attribute
    WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attrelid IN (
      'inbound_events'::regclass, 'customers'::regclass, 'customer_addresses'::regclass, 'conversations'::regclass,
      'contacts'::regclass, 'messages'::regclass, 'deliveries'::regclass, 'timeline_items'::regclass,
      'queue_items'::regclass, 'offers'::regclass, 'assignments'::regclass, 'seats'::regclass,
      'routing_decisions'::regclass, 'events'::regclass)
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', one.name, one.attname,
      CASE WHEN one.atttypid IN ('json'::regtype, 'jsonb'::regtype, 'bytea'::regtype, 'tsvector'::regtype) OR one.attname IN ('text', 'html') THEN 0 ELSE 20 END);
  END LOOP;
END $$;
ALTER TABLE messages ALTER COLUMN search SET STATISTICS 0;
