-- Engines that live, by their last heartbeat. Nothing of value: it says who works, not what happened.
create unlogged table engine_members (
  engine_id text primary key,
  beaten_at timestamptz not null
);
