-- Organizations, people, what they sign in with, and what they did.
-- Sessions, tokens, keys and quotas live on the true clock: now(), never the business instant.

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  time_zone text NOT NULL,
  country text NOT NULL DEFAULT 'US',
  fallback_inbox_id uuid,
  sandbox_enabled boolean NOT NULL DEFAULT true,
  retention jsonb,                       -- {recordings, messages} in days, or null: kept
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  updated_by jsonb
);

CREATE TABLE users (
  org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  name text NOT NULL,
  email text NOT NULL,                   -- lower case; unique on the server through directory (kind sign_in)
  password_hash text,
  roles text[] NOT NULL,
  status text NOT NULL CHECK (status IN ('invited', 'active', 'deactivated')),
  standard_capacity int,                 -- messaging; null: the organization's
  maximum_capacity int,
  last_seen_at timestamptz,
  deactivated_at timestamptz,
  deactivated_by jsonb,
  preferences jsonb NOT NULL DEFAULT '{}',
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  updated_by jsonb,
  PRIMARY KEY (org_id, id),
  CHECK ((status = 'deactivated') = (deactivated_at IS NOT NULL)),
  CHECK ((standard_capacity IS NULL) = (maximum_capacity IS NULL)),
  CHECK (1 <= standard_capacity AND standard_capacity <= maximum_capacity)
);
CREATE UNIQUE INDEX users_id ON users (id);

-- Unique on the server: sign-in addresses, mailboxes, telephone numbers, chat app ids. The only key without org_id.
CREATE TABLE directory (
  kind text NOT NULL,
  value text NOT NULL,
  org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  PRIMARY KEY (kind, value)
);
CREATE INDEX directory_owner ON directory (org_id, id);

CREATE TABLE sessions (
  token_hash text PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz NOT NULL,          -- absolute; the idle end counts from seen_at
  user_agent text,
  ip text,
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_user ON sessions (org_id, user_id);

-- Set-up links, invitations, password resets: taken by DELETE ... RETURNING, so that one taker wins.
CREATE TABLE one_time_tokens (
  token_hash text PRIMARY KEY,
  org_id uuid REFERENCES organizations (id) ON DELETE CASCADE,  -- null: the console's set-up code
  kind text NOT NULL CHECK (kind IN ('setup', 'invitation', 'password_reset')),
  user_id uuid,
  subject jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz NOT NULL
);
CREATE INDEX one_time_tokens_user ON one_time_tokens (org_id, user_id);

CREATE TABLE api_keys (
  org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  key_hash text NOT NULL UNIQUE,
  roles text[] NOT NULL,
  ends_at timestamptz,
  last_used_at timestamptz,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES users (org_id, id)
);

-- What was tried, per policy and subject, in one window; lost with a crash of the database, which is no harm.
CREATE UNLOGGED TABLE rate_limits (
  policy text NOT NULL,
  subject text NOT NULL,
  window_start timestamptz NOT NULL,
  used int NOT NULL,
  PRIMARY KEY (policy, subject)
);
CREATE INDEX rate_limits_window ON rate_limits (window_start);

-- The first answer to each Idempotency-Key, sealed (it may hold a secret that is shown once), written in the
-- transaction of the effect.
CREATE TABLE idempotency_keys (
  org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  principal text NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  status int NOT NULL,
  location text,
  answer text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, principal, method, path, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE audit_entries (
  org_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  actor jsonb NOT NULL,
  entity_type text NOT NULL,
  entity_id text NOT NULL,
  entity_name text,
  action text NOT NULL CHECK (action IN ('added', 'updated', 'removed')),
  before jsonb,
  after jsonb,
  request_id text,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX audit_entries_entity ON audit_entries (org_id, entity_type, entity_id, id);

CREATE TABLE notifications (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}',
  link text,
  at timestamptz NOT NULL,
  read_at timestamptz,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
);
CREATE INDEX notifications_user ON notifications (org_id, user_id, id);
CREATE INDEX notifications_unread ON notifications (org_id, user_id) WHERE read_at IS NULL;
