import type { RefusalCode } from '../codes/problem-codes.ts';

type Refused = {
  readonly rule: string;
  readonly why: string;
  /** The entry of a list among the settings that would allow the target; undefined if none can. */
  readonly setting?: { readonly name: 'ALLOWED_TARGETS' | 'TARGET_PORTS'; readonly entry: string };
};

/** Why a task must not call a target. `rule` names what forbids it; the message says how an operator can allow it. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
  readonly code = 'TARGET_BLOCKED' satisfies RefusalCode;
  readonly rule: string;
  /** The line that would allow the target; undefined if no setting can. */
  readonly setting: string | undefined;
  constructor(refused: Refused) {
    const setting = refused.setting === undefined ? undefined : `${refused.setting.name}=${refused.setting.entry}`;
    const remedy =
      setting === undefined
        ? 'no setting allows it'
        : `an operator lets it pass with ${setting} (beside what is listed there)`;
    super(`${refused.why} (rule ${refused.rule}); ${remedy}`);
    this.rule = refused.rule;
    this.setting = setting;
  }
}

/** A refusal that an entry of `ALLOWED_TARGETS` can lift. */
export const notAllowed = (rule: string, why: string, entry: string): TargetRefused =>
  new TargetRefused({ rule, why, setting: { name: 'ALLOWED_TARGETS', entry } });
