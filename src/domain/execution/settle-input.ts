import type { Blackouts } from '../closure/closure.ts';
import type { DelayReason, EngineReason, Hooks } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import type { JobRef } from './range.ts';
import type { Claimant } from './start.ts';

/** Why slots were missed or called late. */
export type LateReasons = {
  /** The reason for slots that came due before `untilMs`, epoch ms. */
  readonly reason: EngineReason;
  readonly untilMs: number;
  /** The reason for later slots. */
  readonly sinceThen: DelayReason;
};

export type SettleInput = Claimant & {
  readonly job: JobRef;
  readonly rules: RunRules;
  /** Of the job's application. */
  readonly defaultHooks: Hooks;
  readonly slots: JobSlots;
  readonly closures: Blackouts;
  /** Nothing of the job may be called now. */
  readonly isPaused: boolean;
  readonly nowMs: number;
  /** How long before it is due a slot may be claimed, ms. */
  readonly aheadMs: number;
  readonly lateBecause: LateReasons;
  /** The id for an execution. */
  readonly executionId: number;
  /** Whether a call may be claimed: there is a place for it. */
  readonly mayCall: boolean;
  /** The limit that the job names leaves no room: what is due waits for it as a pending execution. */
  readonly atLimit: boolean;
};
