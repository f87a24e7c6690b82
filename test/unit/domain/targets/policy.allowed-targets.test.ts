import type { AllowedTargets, AllowedTargetsEvent } from '../../../../src/domain/events/index.ts';
import {
  decideResetAllowedTargets,
  decideSetAllowedTargets,
  evolveAllowedTargets,
} from '../../../../src/domain/targets/policy.ts';
import { specOf } from '../../../support/given.ts';

const { given } = specOf<AllowedTargets | undefined, AllowedTargetsEvent>(undefined, (_, event) =>
  evolveAllowedTargets(event),
);
const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const by = { tenant: 'ops', actor: { type: 'user', name: 'bob' } } as const;
const listOf = (...targets: readonly string[]) => ({
  ...{ tenant: 'ops', targets: [...targets] },
  updatedAt: at,
  updatedBy: 'bob',
});
const setTo = (...targets: readonly string[]) => ({ type: 'AllowedTargetsSet' as const, data: listOf(...targets) });
const set =
  (...targets: readonly string[]) =>
  (state: AllowedTargets | undefined) =>
    decideSetAllowedTargets({ ...by, targets }, state, nowMs);
const reset = (state: AllowedTargets | undefined) => decideResetAllowedTargets(by, state, nowMs);

describe('the allowed targets', () => {
  it('are recorded whole, in lower case and once each', () => {
    given()
      .when(set('CRM.internal', '10.0.0.0/8', 'crm.INTERNAL'))
      .thenOnce(setTo('crm.internal', '10.0.0.0/8'));
    given(setTo('10.0.0.0/8')).when(set()).thenOnce(setTo());
  });
  it('are rejected entry by entry', () => {
    given()
      .when(set('crm.internal', 'http://crm.internal', '10.0.0.0/40'))
      .thenRejected('BAD_INPUT', ['/targets/1', '/targets/2']);
  });
  it('are those of the setting again after a reset', () => {
    given(setTo('10.0.0.0/8'))
      .when(reset)
      .thenOnce({ type: 'AllowedTargetsReset', data: listOf('10.0.0.0/8') });
    given().when(reset).thenNothing();
  });
});
