import { isDeepStrictEqual } from 'node:util';
import { rejectFields } from '../domain-error.ts';
import { type Actor, type AllowedTargets, type AllowedTargetsEvent, actorName, type EventOf } from '../events/index.ts';
import { type Tenant, toInstant } from '../values.ts';
import { BadTargetEntry, parseTargetEntries } from './policy.ts';

/** The list after an event; `undefined` if the setting applies. */
export const evolveAllowedTargets = (event: AllowedTargetsEvent): AllowedTargets | undefined =>
  event.type === 'AllowedTargetsSet' ? event.data : undefined;

type ChangeInput = { readonly tenant: Tenant; readonly actor: Actor };

/**
 * Sets the list of allowed targets; records nothing if it is the same.
 * @throws DomainError BAD_INPUT naming each invalid entry
 */
export const decideSetAllowedTargets = (
  { targets: given, tenant, actor }: ChangeInput & { readonly targets: readonly string[] },
  existing: AllowedTargets | undefined,
  nowMs: number,
): EventOf<'AllowedTargetsSet'>[] => {
  const targets = [...new Set(given.map((entry) => entry.toLowerCase()))];
  rejectInvalid(given);
  if (isDeepStrictEqual(existing?.targets, targets)) return [];
  return [
    { type: 'AllowedTargetsSet', data: { tenant, targets, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) } },
  ];
};

/** Lets the setting apply again; records nothing if it does. */
export const decideResetAllowedTargets = (
  { tenant, actor }: ChangeInput,
  existing: AllowedTargets | undefined,
  nowMs: number,
): EventOf<'AllowedTargetsReset'>[] =>
  existing === undefined
    ? []
    : [
        {
          type: 'AllowedTargetsReset',
          data: { ...existing, tenant, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) },
        },
      ];

const rejectInvalid = (targets: readonly string[]): void => {
  const errors = targets.flatMap((entry, place) => {
    try {
      parseTargetEntries([entry]);
      return [];
    } catch (error) {
      if (error instanceof BadTargetEntry) return [{ pointer: `/targets/${place}`, message: error.message }];
      throw error;
    }
  });
  if (errors.length > 0) throw rejectFields('BAD_INPUT', errors);
};
