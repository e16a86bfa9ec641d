-- An equality is also answered by a trigram index, and the planner took it for finding senders: each message then went
-- through the index's whole list of pending entries. By lower(value) only searching finds it.
DROP INDEX customer_addresses_value;
CREATE INDEX customer_addresses_value ON customer_addresses USING gin (lower(value) gin_trgm_ops) WHERE kind <> 'visitor';
DROP INDEX customers_name;
CREATE INDEX customers_name ON customers USING gin (lower(name) gin_trgm_ops) WHERE name IS NOT NULL;
