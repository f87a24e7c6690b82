-- After how much silence other engines take over an engine's jobs, ms.
alter table engine_members
  add column timeout_ms integer not null default 10000;
