-- Inboxes, entry points and which Inbox each leads to (spec 2, 3). Not breaking: first version.

CREATE TABLE inboxes (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  sla_minutes_text text NOT NULL,
  sla_seconds integer NOT NULL CHECK (sla_seconds > 0),
  default_mailbox_id uuid,
  deactivated_at timestamptz,
  deactivated_by jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX inboxes_name ON inboxes (org_id, lower(name));

CREATE TABLE inbox_members (
  org_id uuid NOT NULL,
  inbox_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, inbox_id, agent_id)
);
CREATE INDEX inbox_members_agent ON inbox_members (org_id, agent_id);

CREATE TABLE entry_points (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('voice','sms','email','chat','instagram','facebook','whatsapp','twitter_dm')),
  section text NOT NULL CHECK (section IN ('email','voice','ivr','sms','chat','facebook','instagram','whatsapp','twitter_dm')),
  kind text NOT NULL CHECK (kind IN ('phone','exit_node','email','chat_app','social_account')),
  address text NOT NULL,
  display_name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active','disconnected','deleted')),
  phone_number_id uuid,
  chat_app_id uuid,
  mailbox_id uuid,
  social_account_id uuid,
  ivr_id uuid,
  ivr_node_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX entry_points_address ON entry_points (org_id, channel, kind, address) WHERE status <> 'deleted';

-- One row per section from the organization's first day; a section without entry points may have a default already.
CREATE TABLE channel_routings (
  org_id uuid NOT NULL,
  section text NOT NULL CHECK (section IN ('email','voice','ivr','sms','chat','facebook','instagram','whatsapp','twitter_dm')),
  default_inbox_id uuid,
  default_sla_minutes_text text,
  default_sla_seconds integer CHECK (default_sla_seconds > 0),
  updated_at timestamptz,
  updated_by jsonb,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, section),
  CHECK ((default_sla_minutes_text IS NULL) = (default_sla_seconds IS NULL))
);

CREATE TABLE entry_point_exceptions (
  org_id uuid NOT NULL,
  entry_point_id uuid NOT NULL,
  section text NOT NULL,
  inbox_id uuid NOT NULL,
  sla_minutes_text text,
  sla_seconds integer CHECK (sla_seconds > 0),
  sort_order integer NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, entry_point_id),
  CHECK ((sla_minutes_text IS NULL) = (sla_seconds IS NULL))
);
CREATE INDEX entry_point_exceptions_inbox ON entry_point_exceptions (org_id, inbox_id);

-- The settings of "Conversation Workflow" as one document (core/workflow/settings.ts holds its shape and defaults).
CREATE TABLE workflow_settings (
  org_id uuid PRIMARY KEY,
  settings jsonb NOT NULL,
  updated_at timestamptz,
  updated_by jsonb,
  version integer NOT NULL DEFAULT 1
);

-- X (twitter_dm) is offered only where it was switched on.
CREATE TABLE channel_enablements (
  org_id uuid NOT NULL,
  channel text NOT NULL,
  enabled_at timestamptz NOT NULL,
  enabled_by jsonb NOT NULL,
  PRIMARY KEY (org_id, channel)
);

CREATE TABLE away_reasons (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('away','active')),
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);

CREATE TABLE topics (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX topics_name ON topics (org_id, lower(name)) WHERE deleted_at IS NULL;
