import type { RefusalCode } from '../codes/problem-codes.ts';

/** A target that a task must not call. `rule` names what forbids it; the message says how an operator allows it. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
  readonly code = 'TARGET_BLOCKED' satisfies RefusalCode;
  readonly rule: string;
  /** The line that would let the target pass; undefined where no setting can. */
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
