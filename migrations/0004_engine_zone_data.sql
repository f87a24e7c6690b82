-- By which version of the time zones' rules an engine goes, and since when it is there: the eldest's counts.
alter table engine_members
  add column zone_data text not null default '',
  add column joined_at timestamptz not null default clock_timestamp();
