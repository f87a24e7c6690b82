/** `2026-01-05` of a wall-clock time in ms, as if the wall clock showed UTC. */
export const dayText = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);

/** `09:00`, or `09:00:30` where the seconds are not 0. */
export const clockText = (wallMs: number): string => {
  const time = new Date(wallMs).toISOString().slice(11, 19);
  return time.endsWith(':00') ? time.slice(0, 5) : time;
};

export const dayAndClockText = (wallMs: number): string => `${dayText(wallMs)} ${clockText(wallMs)}`;
