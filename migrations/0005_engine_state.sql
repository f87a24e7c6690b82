-- An engine that stops in order says so: one that is only absent from the table, or silent, may yet be alive.
alter table engine_members
  add column state text not null default 'working';
