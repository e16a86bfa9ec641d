-- The way out: what an undo brings back, states that came before their message, and what the sandbox's far end received.
-- Not breaking: first version.

-- What sending this message changed, so that undoing it while queued can bring it back.
ALTER TABLE deliveries ADD COLUMN undo jsonb;

-- The newest state that a provider told of a message that we do not know yet by its id.
CREATE TABLE delivery_statuses_pending (
  org_id uuid NOT NULL,
  external_id text NOT NULL,
  status text NOT NULL,
  failure jsonb,
  at timestamptz NOT NULL,
  PRIMARY KEY (org_id, external_id)
);

-- What customers of the sandbox received; mails too while there is no relay. One row for each address.
CREATE TABLE sandbox_deliveries (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  external_id text NOT NULL,
  message_id uuid,                 -- null: an invitation, a reset, a notification
  delivery_id uuid,
  channel text NOT NULL,
  from_address text,
  to_address text NOT NULL,
  text text NOT NULL DEFAULT '',
  html text,
  subject text,
  headers jsonb NOT NULL DEFAULT '{}',
  attachments jsonb NOT NULL DEFAULT '[]', -- {name, type, sizeBytes, sha256}
  at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, external_id, to_address)
);
CREATE INDEX sandbox_deliveries_address ON sandbox_deliveries (org_id, to_address, id);
CREATE INDEX sandbox_deliveries_delivery ON sandbox_deliveries (org_id, delivery_id) WHERE delivery_id IS NOT NULL;

-- The list of what was closed last.
CREATE INDEX conversations_closed ON conversations (org_id, closed_at DESC, id DESC) WHERE status = 'closed';
