import type { Blackouts } from '../closure/closure.ts';
import type { DelayReason, EngineReason, Hooks } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import type { JobRef } from './range.ts';
import type { Claimant } from './start.ts';

/** Why slots were missed or called late. */
export type LateReasons = {
  /** The reason for slots due before `untilMs`, epoch ms. */
  readonly reason: EngineReason | 'CALENDAR';
  readonly untilMs: number;
  /** The reason for later slots. */
  readonly sinceThen: DelayReason;
};

export type SettleInput = Claimant & {
  readonly job: JobRef;
  readonly rules: RunRules;
  readonly defaultHooks: Hooks;
  readonly slots: JobSlots;
  readonly closures: Blackouts;
  /** The job is paused: nothing of it can be called. */
  readonly isPaused: boolean;
  readonly nowMs: number;
  /** How early a slot can be claimed before it is due, ms. */
  readonly aheadMs: number;
  readonly lateBecause: LateReasons;
  readonly executionId: number;
  /** Whether there is capacity for a call. */
  readonly mayCall: boolean;
  /** The job's limit has no capacity: due slots wait for it as pending executions. */
  readonly atLimit: boolean;
};
