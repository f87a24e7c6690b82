/*
 * Checks the cron engine against the oracle of the tests: every distinct zone of this Node, around each of its transitions
 * from 2024 to 2037, minute by minute, second by second for some, and past oddities. Prints disagreements; exits with 1 if
 * there are any.
 */
import { type Disagreement, JUDGED_BY_SECOND, JUDGED_PATTERNS, judge } from '../test/unit/domain/schedule/judge.ts';
import { ODD_SPANS } from '../test/unit/domain/schedule/odd-spans.ts';
import { DAY_MS, distinctZones, HOUR_MS, MINUTE_MS, walk } from '../test/unit/domain/schedule/oracle.ts';

const SPAN = { fromMs: Date.UTC(2024, 0, 1), untilMs: Date.UTC(2038, 0, 1) };
const SECONDS_EVERY = 10;
const SHOWN = 20;

type Task = { readonly timezone: string; readonly fromMs: number; readonly untilMs: number; readonly stepMs: number };

const tasks: Task[] = ODD_SPANS.map((span) => ({ ...span, stepMs: MINUTE_MS }));
const zones = distinctZones(Intl.supportedValuesOf('timeZone'), SPAN);
let transitions = 0;
for (const { timezone, transitions: all } of zones) {
  const calm = SPAN.fromMs + 40 * DAY_MS;
  tasks.push({ timezone, fromMs: calm, untilMs: calm + 2 * DAY_MS, stepMs: MINUTE_MS });
  for (const atMs of all) {
    tasks.push({ timezone, fromMs: atMs - 26 * HOUR_MS, untilMs: atMs + 26 * HOUR_MS, stepMs: MINUTE_MS });
    transitions += 1;
    if (transitions % SECONDS_EVERY !== 0) continue;
    tasks.push({ timezone, fromMs: atMs - 2 * HOUR_MS, untilMs: atMs + 2 * HOUR_MS, stepMs: 1_000 });
  }
}
console.log(`${zones.length} distinct zones, ${transitions} transitions, ${tasks.length} walks`);

const disagreements: Disagreement[] = [];
let judged = 0;
for (const [index, { timezone, ...span }] of tasks.entries()) {
  const walked = walk(timezone, span);
  for (const pattern of span.stepMs === MINUTE_MS ? JUDGED_PATTERNS : JUDGED_BY_SECOND) {
    judged += 1;
    const found = judge(pattern, timezone, walked);
    if (found !== undefined) disagreements.push(found);
  }
  if ((index + 1) % 200 === 0)
    console.log(`${index + 1} of ${tasks.length} walks, ${disagreements.length} disagreements`);
}

if (disagreements.length > 0) console.table(disagreements.slice(0, SHOWN));
console.log(`${judged} judgements, ${disagreements.length} disagreements`);
if (disagreements.length > 0) process.exitCode = 1;
