-- How far in the log an engine has taken in what was changed; null until its subscription has begun.
alter table engine_members
  add column taken_position text;
