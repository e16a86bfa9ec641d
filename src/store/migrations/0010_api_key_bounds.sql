-- A key that another key made does nothing that its maker could not: the roles of each key above it, one list per key.
ALTER TABLE api_keys ADD COLUMN bounds jsonb NOT NULL DEFAULT '[]';
