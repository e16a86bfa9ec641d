-- Whether an alarm was told already is asked each minute; it must not read every event (routing/nobody-serves.ts).
CREATE INDEX events_alarms ON events (org_id, at) WHERE type = 'routing.nobody_serves';
