-- Pictures for the head of the chat widget (spec 10B); one is in use when its chat app's settings name it. Not breaking.

CREATE TABLE chat_app_logos (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  chat_app_id uuid NOT NULL,
  sha256 text NOT NULL,
  type text NOT NULL,                    -- by its bytes
  size_bytes bigint NOT NULL,
  created_at timestamptz NOT NULL,
  created_by jsonb NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX chat_app_logos_sha256 ON chat_app_logos (sha256);
