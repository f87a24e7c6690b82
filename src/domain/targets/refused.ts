import type { RefusalCode } from '../codes/problem-codes.ts';

/** Why a task must not call a target. `rule` names what forbids it; the message says how an operator can allow it. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
  readonly code = 'TARGET_BLOCKED' satisfies RefusalCode;
  readonly rule: string;
  /** The entry that would allow the target; undefined if no setting can. */
  readonly setting: string | undefined;
  constructor(refused: { rule: string; why: string; entry?: string }) {
    const setting = refused.entry === undefined ? undefined : `ALLOWED_TARGETS=${refused.entry}`;
    const remedy =
      setting === undefined
        ? 'no setting allows it'
        : `an operator lets it pass with ${setting} (beside what is listed there)`;
    super(`${refused.why} (rule ${refused.rule}); ${remedy}`);
    this.rule = refused.rule;
    this.setting = setting;
  }
}
