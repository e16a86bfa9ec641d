-- What all processes of one database must agree on: which secret, which folder of attachments (store/shared.ts).
CREATE TABLE server_facts (
  name text PRIMARY KEY,
  value text NOT NULL
);
