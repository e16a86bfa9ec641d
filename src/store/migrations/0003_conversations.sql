-- What customers send and what becomes of it (spec 4, 11, 12; routing.md 2). Not breaking: first version.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What arrived, before any effect. The unique key decides duplicates; parked events wait for a replay.
CREATE TABLE inbound_events (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  entry_point_id uuid NOT NULL,
  channel text NOT NULL,
  external_id text NOT NULL,
  received_at timestamptz NOT NULL,
  raw bytea,                       -- as received, up to 256 KiB; above that raw_sha256 names the blob
  raw_sha256 text,
  typed jsonb NOT NULL,            -- the InboundEvent that the channel made of it
  parked_at timestamptz,
  parked_reason text,
  discarded_at timestamptz,
  discarded_reason text,
  attempts integer NOT NULL DEFAULT 1,
  receipt jsonb,                   -- {messageId, conversationId, contactId, ...}: what the first taking answered
  test boolean NOT NULL DEFAULT false,
  PRIMARY KEY (org_id, id),
  CONSTRAINT inbound_events_key UNIQUE (org_id, entry_point_id, external_id)
);
CREATE INDEX inbound_events_parked ON inbound_events (org_id, parked_at) WHERE parked_at IS NOT NULL;

CREATE TABLE customers (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text,
  attributes jsonb NOT NULL DEFAULT '{}',
  external_customer_id text,
  language text,
  merged_into_id uuid,
  deleted_at timestamptz,
  test boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX customers_name ON customers USING gin (name gin_trgm_ops);

-- Only what arrived over its channel, was proved by HMAC, or was typed by an agent; never matched otherwise.
CREATE TABLE customer_addresses (
  org_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('phone','email','instagram','facebook','whatsapp','twitter_dm','visitor','external')),
  value text NOT NULL,
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  proved_at timestamptz NOT NULL,
  verified_by text NOT NULL DEFAULT 'channel' CHECK (verified_by IN ('channel','identity','agent')),
  PRIMARY KEY (org_id, kind, value)
);
CREATE UNIQUE INDEX customer_addresses_id ON customer_addresses (org_id, id);
CREATE INDEX customer_addresses_customer ON customer_addresses (org_id, customer_id);
CREATE INDEX customer_addresses_value ON customer_addresses USING gin (value gin_trgm_ops);

-- What a visitor says of himself: shown as unverified, suggested, never matched.
CREATE TABLE address_claims (
  org_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  claimed_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, customer_id, kind, value)
);

CREATE TABLE conversations (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  customer_id uuid NOT NULL,
  inbox_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('new','open','waiting','closed')),
  agent_id uuid,
  last_agent_id uuid,
  awaiting_since timestamptz,
  due_at timestamptz,
  due_because jsonb,               -- {source, slaSeconds, entryPointId, contactId}
  sla_seconds integer,
  sla_source text,
  no_reply_needed boolean NOT NULL DEFAULT false,
  no_reply_restore jsonb,          -- what "No reply needed" taken back brings again: {dueAt, firstQueuedAt, channel, ...}
  topic_ids uuid[] NOT NULL DEFAULT '{}',
  closed_at timestamptz,
  closed_by jsonb,
  close_forced boolean NOT NULL DEFAULT false,
  reopened_at timestamptz,
  merged_into_id uuid,
  related_conversation_id uuid,    -- "seems to answer": a stranger's reply to somebody else's thread
  last_message_at timestamptz,
  last_message_preview text,
  last_message_direction text,
  last_message_channel text,
  last_inbound_at timestamptz,
  test boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
  CHECK (status = 'closed' OR (status IN ('new','open')) = (awaiting_since IS NOT NULL)),
  CHECK (status <> 'new' OR agent_id IS NULL),
  CHECK (status <> 'open' OR agent_id IS NOT NULL),
  CHECK (status <> 'closed' OR agent_id IS NULL)
);
CREATE UNIQUE INDEX conversations_one_active ON conversations (org_id, customer_id) WHERE status <> 'closed';
CREATE INDEX conversations_customer ON conversations (org_id, customer_id, closed_at DESC);
CREATE INDEX conversations_agent ON conversations (org_id, agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX conversations_inbox ON conversations (org_id, inbox_id, status);
CREATE INDEX conversations_due ON conversations (org_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversations_last_message ON conversations (org_id, last_message_at DESC);

CREATE TABLE contacts (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  channel text NOT NULL,
  channel_group text NOT NULL CHECK (channel_group IN ('voice','messaging','mail')),
  entry_point_id uuid,             -- null only for an outbound contact without a channel's own entry point
  direction text NOT NULL CHECK (direction IN ('inbound','outbound')),
  inbox_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('started','queued','offered','active','ended')),
  due_at timestamptz,              -- what this contact was promised when it began
  sla_seconds integer,
  sla_source text CHECK (sla_source IN ('exception','channel_default','inbox')),
  inbox_source text CHECK (inbox_source IN ('default','exception')),
  started_at timestamptz NOT NULL,
  queued_at timestamptz,
  awaiting_since timestamptz,
  fulfilled_at timestamptz,
  fulfilled_by text CHECK (fulfilled_by IN ('responded','canceled')),
  last_message_at timestamptz,
  ended_at timestamptz,
  end_reason text CHECK (end_reason IN ('agent_ended','conversation_closed','customer_abandoned','customer_deleted','customer_no_reply','merged','no_reply_needed','started_new')),
  end_status text CHECK (end_status IN ('abandoned','answered','unanswered','unknown')),
  test boolean NOT NULL DEFAULT false,
  PRIMARY KEY (org_id, id),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX contacts_one_live ON contacts (org_id, conversation_id, channel) WHERE state <> 'ended' AND channel <> 'voice';
CREATE INDEX contacts_conversation ON contacts (org_id, conversation_id, started_at);
CREATE INDEX contacts_idle ON contacts (org_id, last_message_at) WHERE state = 'active';

CREATE TABLE messages (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  channel text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('inbound','outbound')),
  entry_point_id uuid,
  author_type text NOT NULL CHECK (author_type IN ('customer','agent','api_key','rule','system')),
  author_id uuid,
  kind text NOT NULL DEFAULT 'text',
  text text NOT NULL DEFAULT '',
  html text,
  subject text,
  from_address text,
  to_addresses text[] NOT NULL DEFAULT '{}',
  cc_addresses text[] NOT NULL DEFAULT '{}',
  bcc_addresses text[] NOT NULL DEFAULT '{}',
  envelope_from text,
  from_header text,
  authentication jsonb,            -- {spf, dkim, dmarc}; null until checked
  external_id text,
  message_id_header text,          -- RFC 5322 Message-ID without brackets
  reference_ids text[] NOT NULL DEFAULT '{}',
  reply_token text,
  in_reply_to_id uuid,
  inbound_event_id uuid,
  flags jsonb NOT NULL DEFAULT '{}', -- {parseFailed, truncated, authorUnverified, ...}
  fulfils boolean NOT NULL DEFAULT false, -- a human answer; automatic ones never answer
  client_id text,                  -- the visitor's or caller's own id, for exactly-once sending
  reply_window_ends_at timestamptz,
  sent_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  test boolean NOT NULL DEFAULT false,
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple', left(coalesce(subject, '') || ' ' || text, 50000))) STORED,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX messages_conversation ON messages (org_id, conversation_id, id);
CREATE INDEX messages_external ON messages (org_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX messages_message_id ON messages (org_id, message_id_header) WHERE message_id_header IS NOT NULL;
CREATE INDEX messages_search ON messages USING gin (search);

-- Stored by content hash under BLOB_DIR; a row never names a file that was not written and synced before.
CREATE TABLE attachments (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  message_id uuid,
  name text NOT NULL,
  type text NOT NULL,
  size_bytes bigint NOT NULL,
  sha256 text NOT NULL,
  content_id text,
  inline boolean NOT NULL DEFAULT false,
  sort_order integer NOT NULL DEFAULT 0,
  uploaded_by jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id)
);
CREATE INDEX attachments_message ON attachments (org_id, message_id);
CREATE INDEX attachments_sha256 ON attachments (sha256);

-- The sending of one message, and each renewed try of it. The newest row of a message is its state.
CREATE TABLE deliveries (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  message_id uuid NOT NULL,
  channel text NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued','sending','sent','delivered','read','failed','unknown','canceled')),
  attempts integer NOT NULL DEFAULT 0,
  external_id text,
  failure jsonb,
  accept_duplicate boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id)
);
CREATE INDEX deliveries_message ON deliveries (org_id, message_id, id);
CREATE INDEX deliveries_external ON deliveries (org_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (org_id, created_at) WHERE status IN ('queued','sending');

CREATE TABLE notes (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  author jsonb NOT NULL,
  text text NOT NULL,
  mention_user_ids uuid[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX notes_conversation ON notes (org_id, conversation_id);

-- Written together with the event that it shows (store/write.ts): same id, same position.
CREATE TABLE timeline_items (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  position bigint NOT NULL,
  customer_id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  contact_id uuid,
  kind text NOT NULL,
  thing_id uuid,
  thing jsonb,
  at timestamptz NOT NULL,
  actor jsonb NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX timeline_items_conversation ON timeline_items (org_id, conversation_id, position);
CREATE INDEX timeline_items_customer ON timeline_items (org_id, customer_id, position);

CREATE TABLE drafts (
  org_id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  user_id uuid NOT NULL,
  channel text NOT NULL,           -- 'note' is a channel here
  content jsonb NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, conversation_id, user_id, channel)
);

CREATE TABLE read_marks (
  org_id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  user_id uuid NOT NULL,
  up_to_position bigint NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (org_id, conversation_id, user_id)
);
