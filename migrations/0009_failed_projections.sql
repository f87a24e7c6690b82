-- Up Migration

-- A row with the state 'failed' has no tables: they could not be created, and stopped_because says why.
ALTER TABLE projection_generations
  DROP CONSTRAINT projection_generations_state_check,
  ADD CONSTRAINT projection_generations_state_check CHECK (state IN ('live', 'building', 'retired', 'failed'));

-- Down Migration

DELETE FROM projection_generations WHERE state = 'failed';
ALTER TABLE projection_generations
  DROP CONSTRAINT projection_generations_state_check,
  ADD CONSTRAINT projection_generations_state_check CHECK (state IN ('live', 'building', 'retired'));
