import type { DomainErrorCode } from '../codes/problem-codes.ts';

type RejectedTarget = {
  readonly rule: string;
  readonly why: string;
  /** The entry of a setting that would allow the target; `undefined` if none can. */
  readonly setting?: { readonly name: 'ALLOWED_TARGETS' | 'TARGET_PORTS'; readonly entry: string };
  /** How an operator allows it, if the message should not suggest that; otherwise `setting` states how. */
  readonly remedy?: string;
};

/** Why a task can't call a target. `rule` names what forbids it; the message states how an operator can allow it. */
export class TargetRejected extends Error {
  override readonly name = 'TargetRejected';
  readonly code = 'TARGET_BLOCKED' satisfies DomainErrorCode;
  readonly rule: string;
  /** The line that would allow the target; `undefined` if no setting can. */
  readonly setting: string | undefined;
  constructor(rejected: RejectedTarget) {
    const setting = rejected.setting === undefined ? undefined : `${rejected.setting.name}=${rejected.setting.entry}`;
    const listed =
      rejected.setting?.name === 'ALLOWED_TARGETS' ? ', or an administrator adds the entry to /allowed-targets' : '';
    const allowedBy =
      setting === undefined
        ? 'no setting allows it'
        : `to allow it, an operator sets ${setting} (in addition to the entries there)${listed}`;
    super(`${rejected.why} (rule ${rejected.rule}); ${rejected.remedy ?? allowedBy}`);
    this.rule = rejected.rule;
    this.setting = setting;
  }
}

/** Rejects a metadata service, which has the machine's credentials. The message offers no line to paste. */
export const metadataRejected = (shown: string): TargetRejected =>
  new TargetRejected({
    rule: 'cloud-metadata',
    why: `${shown} is a cloud's metadata service`,
    remedy: 'docs/how-to/targets-and-quotas.md explains how an operator can allow it',
  });

/** A rejection that an entry of `ALLOWED_TARGETS` can remove. */
export const notAllowed = (rule: string, why: string, entry: string): TargetRejected =>
  new TargetRejected({ rule, why, setting: { name: 'ALLOWED_TARGETS', entry } });
