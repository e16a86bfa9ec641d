-- COPY and INSERT read the text of each check again for each statement, which took longer than writing a row. What a
-- column may hold is said by the types of the program (store/*.ts); checks that tie columns to each other stay.
ALTER TABLE customer_addresses DROP CONSTRAINT customer_addresses_kind_check, DROP CONSTRAINT customer_addresses_verified_by_check;
ALTER TABLE conversations DROP CONSTRAINT conversations_status_check;
ALTER TABLE contacts DROP CONSTRAINT contacts_channel_group_check, DROP CONSTRAINT contacts_direction_check,
  DROP CONSTRAINT contacts_end_reason_check, DROP CONSTRAINT contacts_end_status_check,
  DROP CONSTRAINT contacts_fulfilled_by_check, DROP CONSTRAINT contacts_inbox_source_check,
  DROP CONSTRAINT contacts_sla_source_check, DROP CONSTRAINT contacts_state_check;
ALTER TABLE messages DROP CONSTRAINT messages_author_type_check, DROP CONSTRAINT messages_direction_check;
ALTER TABLE queue_items DROP CONSTRAINT queue_items_channel_group_check, DROP CONSTRAINT queue_items_lane_check,
  DROP CONSTRAINT queue_items_state_check, DROP CONSTRAINT queue_items_tier_check;
ALTER TABLE seats DROP CONSTRAINT seats_via_check;
