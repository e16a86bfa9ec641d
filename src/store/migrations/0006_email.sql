-- E-mail addresses, what proves that mail reaches us, and the imitation of the mail world around the sandbox. Not breaking.

CREATE TABLE mailboxes (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  address text NOT NULL,                 -- lower case; unique on the server through directory (kind mailbox)
  sender_name text NOT NULL DEFAULT '',
  entry_point_id uuid NOT NULL,
  forwarding_local text NOT NULL,        -- in-<12 random>; the domain is MAIL_DOMAIN, which may change
  forwarding_seen_at timestamptz,        -- null: waiting for forwarding
  plus_seen_at timestamptz,              -- a mail to …+token@ reached us: from then on Reply-To carries one
  confirmation_mail jsonb,               -- {from, subject, text, link, code, receivedAt} of the company's own mail host
  sandbox_forwarding boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by jsonb NOT NULL,
  updated_at timestamptz,
  updated_by jsonb,
  deleted_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX mailboxes_forwarding ON mailboxes (forwarding_local);
CREATE UNIQUE INDEX mailboxes_address ON mailboxes (org_id, address) WHERE deleted_at IS NULL;

CREATE TABLE mailbox_probes (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  sent_at timestamptz NOT NULL,
  received_at timestamptz,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX mailbox_probes_mailbox ON mailbox_probes (org_id, mailbox_id, id);

-- Mail that was acknowledged and is no customer's request: bounces of ours, our probes, confirmations of mail hosts.
CREATE TABLE mail_reports (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('bounce','probe','confirmation')),
  external_id text NOT NULL,             -- as of inbound_events
  message_id uuid,                       -- the message of ours that a bounce tells of
  report jsonb NOT NULL,
  raw bytea,
  raw_sha256 text,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT mail_reports_key UNIQUE (org_id, mailbox_id, external_id)
);

-- Found again by the check of SPF, DKIM and DMARC after a crash.
CREATE INDEX messages_unchecked_mail ON messages (received_at)
  WHERE channel = 'email' AND direction = 'inbound' AND authentication IS NULL;

-- What the sandbox's checker finds in place of the DNS.
CREATE TABLE sandbox_dns_records (
  org_id uuid PRIMARY KEY,
  records jsonb NOT NULL
);

-- The bytes of what was injected, so that the same externalId is the same mail again.
CREATE TABLE sandbox_mails (
  org_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  external_id text NOT NULL,
  raw bytea NOT NULL,
  envelope_from text NOT NULL,
  PRIMARY KEY (org_id, mailbox_id, external_id)
);
