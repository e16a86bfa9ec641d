-- Telephone companies, numbers, opt-outs (spec 9.1, 10) and the state of the imitation of a company that each
-- organization has from the start. Not breaking: first version.

CREATE TABLE carrier_accounts (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  carrier text NOT NULL CHECK (carrier IN ('sandbox', 'twilio')),
  name text NOT NULL,
  account_sid text NOT NULL,
  auth_token text NOT NULL,              -- sealed (keys.ts)
  base_url text,                         -- null: the company's own address
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'unreachable', 'refused')),
  checked_at timestamptz,
  reconciled_at timestamptz,             -- true time up to which the company's list was compared with ours
  created_at timestamptz NOT NULL,
  created_by jsonb NOT NULL,
  updated_at timestamptz,
  updated_by jsonb,
  version int NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);
-- Hooks name the account alone; the organization comes from it.
CREATE UNIQUE INDEX carrier_accounts_id ON carrier_accounts (id);
-- The imitation knows its customers by SID, as a company does.
CREATE UNIQUE INDEX carrier_accounts_sandbox_sid ON carrier_accounts (account_sid) WHERE carrier = 'sandbox';

CREATE TABLE phone_numbers (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  e164 text NOT NULL,                    -- unique on the server through directory (kind phone_number)
  country text NOT NULL,
  type text NOT NULL CHECK (type IN ('local', 'toll_free', 'mobile', 'national', 'short_code')),
  city text,
  region text,
  capabilities jsonb NOT NULL,           -- {voice, sms, mms}
  origin text NOT NULL CHECK (origin IN ('purchased', 'ported', 'forwarded', 'adopted')),
  carrier_account_id uuid NOT NULL,
  external_id text,                      -- the company's id of the number
  monthly_fee jsonb,
  purchased_at timestamptz,
  purchased_by jsonb,
  voice text NOT NULL DEFAULT 'inactive' CHECK (voice IN ('inactive', 'active')),
  sms text NOT NULL DEFAULT 'inactive' CHECK (sms IN ('inactive', 'active', 'deactivated_on_request')),
  setup text NOT NULL DEFAULT 'unconfigured' CHECK (setup IN ('unconfigured', 'direct_line', 'ivr')),
  initial_ivr_id uuid,
  queue_ivr_id uuid,
  queue_ivr_wait_seconds int,
  queue_music_id uuid,
  hold_music_id uuid,
  compliance_status text NOT NULL CHECK (compliance_status IN
    ('not_submitted', 'submitted', 'in_review', 'approved', 'rejected', 'suspended', 'expired')),
  registration_id uuid,
  verification_id uuid,
  compliance_reason text,
  help_text text,
  opt_out_text text,
  hooks_set_at timestamptz,
  released_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz,
  updated_by jsonb,
  version int NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, carrier_account_id) REFERENCES carrier_accounts (org_id, id)
);
CREATE UNIQUE INDEX phone_numbers_e164 ON phone_numbers (org_id, e164) WHERE released_at IS NULL;
CREATE INDEX phone_numbers_account ON phone_numbers (org_id, carrier_account_id);

-- Who wrote STOP to which of our numbers; only the customer's START takes it away.
CREATE TABLE opt_outs (
  org_id uuid NOT NULL,
  phone_number_id uuid NOT NULL,
  customer_address text NOT NULL,
  keyword text NOT NULL,
  since timestamptz NOT NULL,
  PRIMARY KEY (org_id, phone_number_id, customer_address)
);
CREATE INDEX opt_outs_customer ON opt_outs (org_id, customer_address);

-- The imitation's own books. Nothing but src/carriers/sandbox reads them.
CREATE TABLE sandbox_carrier_settings (
  org_id uuid PRIMARY KEY,
  seed int NOT NULL DEFAULT 1,
  latency_ms int NOT NULL DEFAULT 0,
  fail_next jsonb,                       -- {operation, count, code}
  lose_next_answer boolean NOT NULL DEFAULT false,
  decide_after_seconds int
);

CREATE TABLE sandbox_carrier_log (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  operation text NOT NULL,
  at timestamptz NOT NULL,
  key text,
  PRIMARY KEY (org_id, id)
);

CREATE TABLE sandbox_carrier_numbers (
  org_id uuid NOT NULL,
  account_sid text NOT NULL,
  e164 text NOT NULL,
  sid text NOT NULL,
  sms_url text NOT NULL DEFAULT '',
  sms_fallback_url text NOT NULL DEFAULT '',
  voice_url text NOT NULL DEFAULT '',
  voice_fallback_url text NOT NULL DEFAULT '',
  status_callback text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, account_sid, e164)
);
CREATE UNIQUE INDEX sandbox_carrier_numbers_sid ON sandbox_carrier_numbers (org_id, account_sid, sid);

CREATE TABLE sandbox_carrier_messages (
  org_id uuid NOT NULL,
  account_sid text NOT NULL,
  sid text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('inbound', 'outbound-api')),
  sender text NOT NULL,
  recipient text NOT NULL,
  body text NOT NULL,
  media jsonb NOT NULL DEFAULT '[]',     -- [{sid, type, name}]
  profile_name text,
  status text NOT NULL,
  error_code int,
  status_callback text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, account_sid, sid)
);
CREATE INDEX sandbox_carrier_messages_age ON sandbox_carrier_messages (org_id, account_sid, created_at);

CREATE TABLE sandbox_carrier_media (
  org_id uuid NOT NULL,
  account_sid text NOT NULL,
  sid text NOT NULL,
  type text NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (org_id, account_sid, sid)
);
