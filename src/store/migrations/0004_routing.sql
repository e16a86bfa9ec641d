-- Who gets the next customer (routing.md 2). Not breaking: first version.

CREATE TABLE queue_items (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  partition_id uuid NOT NULL,      -- the organization, until one is split
  conversation_id uuid NOT NULL,
  contact_id uuid NOT NULL,        -- the contact that it was made for; of lane 'call' the call's
  lane text NOT NULL CHECK (lane IN ('text','call')),
  inbox_id uuid NOT NULL,
  channel_group text NOT NULL CHECK (channel_group IN ('voice','messaging','mail')),
  tier smallint NOT NULL CHECK (tier BETWEEN 0 AND 2),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','offered','done','canceled')),
  due_at timestamptz NOT NULL,
  queued_at timestamptz NOT NULL,
  first_queued_at timestamptz NOT NULL,
  message_count integer NOT NULL DEFAULT 1,
  skills uuid[] NOT NULL DEFAULT '{}',
  priority_points integer NOT NULL DEFAULT 0,
  done_at timestamptz,
  done_reason text,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  CHECK ((state IN ('done','canceled')) = (done_at IS NOT NULL))
);
CREATE UNIQUE INDEX queue_items_one_live_text ON queue_items (org_id, conversation_id) WHERE lane = 'text' AND state IN ('waiting','offered');
CREATE UNIQUE INDEX queue_items_one_live_call ON queue_items (org_id, contact_id) WHERE lane = 'call' AND state IN ('waiting','offered');
CREATE INDEX queue_items_live ON queue_items (org_id, partition_id, id) WHERE state IN ('waiting','offered');
CREATE INDEX queue_items_inbox ON queue_items (org_id, inbox_id, channel_group, due_at) WHERE state IN ('waiting','offered');
CREATE INDEX queue_items_conversation ON queue_items (org_id, conversation_id, queued_at);

CREATE TABLE offers (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  queue_item_id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  inbox_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  channel text NOT NULL,
  channel_group text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending','accepted','declined','missed','withdrawn','device_error')),
  withdrawn_reason text,
  match_reasons text[] NOT NULL DEFAULT '{}',
  offered_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  decided_at timestamptz,
  epoch bigint NOT NULL,
  decision_id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX offers_one_pending ON offers (org_id, queue_item_id) WHERE state = 'pending';
CREATE UNIQUE INDEX offers_one_voice ON offers (org_id, agent_id) WHERE state = 'pending' AND channel_group = 'voice';
CREATE INDEX offers_deadline ON offers (org_id, ends_at) WHERE state = 'pending';
CREATE INDEX offers_agent ON offers (org_id, agent_id, offered_at DESC);
CREATE INDEX offers_item ON offers (org_id, queue_item_id);

CREATE TABLE assignments (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  inbox_id uuid NOT NULL,
  reason text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_reason text,
  decision_id uuid,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX assignments_one_open ON assignments (org_id, conversation_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_agent ON assignments (org_id, agent_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_conversation ON assignments (org_id, conversation_id, started_at);

CREATE TABLE agent_states (
  org_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  partition_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'logged_out' CHECK (status IN ('logged_in','away','logged_out')),
  away_reason_id uuid,
  away_cause text,                 -- 'connection_lost' ends by itself when the same login comes back
  available_for text[] NOT NULL DEFAULT '{}',
  focused_at timestamptz,
  paused_at timestamptz,           -- the HTTP pause while in Settings; lasts until DELETE or the next login
  settings_until timestamptz,      -- a socket's presence on Settings; true time, 30 s after its last frame
  heartbeat_at timestamptz,        -- true time; null while this login never had a socket
  connected boolean NOT NULL DEFAULT true,
  status_since timestamptz NOT NULL DEFAULT now(),
  last_logged_in_at timestamptz,
  absent_since timestamptz,        -- since when the agent is not present (away, logged out, disconnected)
  blocked_until_voice timestamptz,
  blocked_until_messaging timestamptz,
  acw_until timestamptz,
  mail_credit smallint NOT NULL DEFAULT 0 CHECK (mail_credit IN (0,1)),
  misses_in_row smallint NOT NULL DEFAULT 0,
  standard_capacity integer NOT NULL,  -- the agent's own or the organization's
  maximum_capacity integer NOT NULL,
  voice_load integer NOT NULL DEFAULT 0 CHECK (voice_load IN (0,1)),
  messaging_load integer NOT NULL DEFAULT 0 CHECK (messaging_load >= 0),
  mail_load integer NOT NULL DEFAULT 0 CHECK (mail_load >= 0),
  last_assigned_at timestamptz,
  deactivated_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, agent_id),
  CHECK (1 <= standard_capacity AND standard_capacity <= maximum_capacity)
) WITH (fillfactor = 50);

-- The truth of load: holder is an offer, or the conversation or call that it became. agent_states counts them.
CREATE TABLE seats (
  org_id uuid NOT NULL,
  channel_group text NOT NULL,
  holder_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  via text NOT NULL CHECK (via IN ('push','pull','manual','sticky')),
  since timestamptz NOT NULL,
  PRIMARY KEY (org_id, channel_group, holder_id)
);
CREATE UNIQUE INDEX seats_one_voice ON seats (org_id, agent_id) WHERE channel_group = 'voice';
CREATE INDEX seats_agent ON seats (org_id, agent_id);
CREATE INDEX seats_conversation ON seats (org_id, conversation_id);

CREATE TABLE routing_partitions (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  PRIMARY KEY (org_id, id)
);

CREATE TABLE leases (
  org_id uuid NOT NULL,
  partition_id uuid NOT NULL,
  owner text NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, partition_id),
  UNIQUE (org_id, partition_id, epoch)
);

CREATE TABLE routing_decisions (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  partition_id uuid NOT NULL,
  epoch bigint NOT NULL,
  kind text NOT NULL,
  queue_item_id uuid,
  conversation_id uuid,
  agent_id uuid,
  at timestamptz NOT NULL,
  because jsonb NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX routing_decisions_conversation ON routing_decisions (org_id, conversation_id, at);
CREATE INDEX routing_decisions_item ON routing_decisions (org_id, queue_item_id);

CREATE TABLE pull_requests (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  agent_id uuid NOT NULL,
  requested_at timestamptz NOT NULL,
  answered_at timestamptz,
  answer jsonb,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX pull_requests_one_open ON pull_requests (org_id, agent_id) WHERE answered_at IS NULL;

CREATE TABLE event_positions (
  org_id uuid PRIMARY KEY,
  last bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE events (
  org_id uuid NOT NULL,
  position bigint NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,              -- 'internal.*' is never shown outside
  at timestamptz NOT NULL,
  actor jsonb NOT NULL,
  request_id text,
  data jsonb NOT NULL,
  touched jsonb,                   -- {items, agents}: rows that the routing engine must read again
  PRIMARY KEY (org_id, position)
);

-- Work after a commit, at least once (jobs/worker.ts). run_at is a business instant.
CREATE TABLE jobs (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  key text,
  payload jsonb NOT NULL,
  run_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  claimed_until timestamptz,       -- true time
  last_error text,
  failed_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT jobs_key UNIQUE (org_id, kind, key)
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE failed_at IS NULL;

-- The test clock (TEST_CLOCK=1): one row that all processes of a database follow.
CREATE TABLE test_clock (
  id smallint PRIMARY KEY CHECK (id = 1),
  offset_ms bigint NOT NULL
);
