import type { KnownNames } from '../../domain/parameters/index.ts';
import type { CommandDeps } from '../command-deps.ts';
import { checkAll } from './check-all.ts';
import { checkHooks } from './check-hooks.ts';
import { checkNames } from './check-names.ts';
import { type CheckedFields, checkRules } from './check-rules.ts';
import { checkSchedule, type GivenSchedule } from './check-schedule.ts';
import type { JobFields } from './job-input.ts';

type NamesOwner = Parameters<typeof checkNames>[1];
type FieldsOwner = NamesOwner & {
  readonly known: KnownNames;
  /** What the fields name that must be there. */
  readonly naming: Parameters<typeof checkNames>[2];
};

export type Check = () => readonly string[] | Promise<readonly string[]>;

/** The checks of fields that need nothing but these. */
export const ownChecks = (fields: GivenSchedule & CheckedFields): readonly Check[] => [
  () => {
    checkSchedule(fields);
    return [];
  },
  () => {
    checkRules(fields);
    return [];
  },
];

/** Checks the fields of a whole job. @returns warnings @throws DomainError naming all fields that a check rejects */
export const checkFields = async (
  { store, tasks }: CommandDeps,
  fields: JobFields,
  { tenant, application, known, naming }: FieldsOwner,
): Promise<readonly string[]> => {
  const owner = { tenant, known };
  const warnings = await checkAll<readonly string[]>([
    ...ownChecks(fields),
    async () => {
      await checkNames(store, { tenant, application }, naming);
      return [];
    },
    () => tasks.check(fields, owner),
    () => checkHooks(tasks, fields, owner),
  ]);
  return warnings.flat();
};
