-- Chat apps, the visitors of their pages, and what each visitor has seen (spec 10B, api.md 3.2, 3.3). Not breaking.

CREATE TABLE chat_apps (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,                    -- what Entry Points shows; unique in the organization
  app_id text NOT NULL,                  -- public, in the snippet; unique on the server through directory (kind chat_app)
  entry_point_id uuid NOT NULL,
  settings jsonb NOT NULL,               -- core/chat/chat-app.ts: ChatAppSettings
  identity_secret text,                  -- sealed
  installation_seen_at timestamptz,
  installation_origin text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by jsonb NOT NULL,
  updated_at timestamptz,
  updated_by jsonb,
  deleted_at timestamptz,
  deleted_by jsonb,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX chat_apps_name ON chat_apps (org_id, lower(name)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX chat_apps_app_id ON chat_apps (app_id);

-- A browser before it is known as a customer; known by an unguessable token of which only the hash is stored.
CREATE TABLE visitors (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  chat_app_id uuid NOT NULL,
  address text NOT NULL,                 -- what intake knows it by: its id; one that the sandbox plays has the name given there
  token_hash text NOT NULL,
  ends_at timestamptz NOT NULL,          -- true time
  customer_id uuid,                      -- once something was written
  external_id text,                      -- proved by the site's HMAC
  profile jsonb NOT NULL DEFAULT '{}',   -- {name, email, phone}: what the visitor says
  page jsonb,                            -- {url, title, referrer}
  last_seq bigint NOT NULL DEFAULT 0,
  read_seq bigint NOT NULL DEFAULT 0,    -- how far the visitor has read
  agent_read_at timestamptz,
  seen_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX visitors_address ON visitors (org_id, chat_app_id, address);
CREATE UNIQUE INDEX visitors_token ON visitors (token_hash);
CREATE INDEX visitors_customer ON visitors (org_id, customer_id);

-- What a visitor's screen shows, numbered without gaps under the visitor's row lock.
CREATE TABLE visitor_items (
  org_id uuid NOT NULL,
  visitor_id uuid NOT NULL,
  seq bigint NOT NULL,
  message_id uuid NOT NULL,
  client_id text,
  sender text NOT NULL CHECK (sender IN ('visitor','agent','system')),
  agent_name text,
  at timestamptz NOT NULL,
  PRIMARY KEY (org_id, visitor_id, seq)
);
CREATE UNIQUE INDEX visitor_items_client ON visitor_items (org_id, visitor_id, client_id) WHERE client_id IS NOT NULL;
CREATE UNIQUE INDEX visitor_items_message ON visitor_items (org_id, visitor_id, message_id);

-- How long those before waited who came in by the same chat app.
CREATE INDEX contacts_chat ON contacts (org_id, entry_point_id, started_at) WHERE channel = 'chat';
