import { z } from 'zod';
import { parseTargetName } from '../../domain/targets/index.ts';
import { ApplicationId, InstantInput } from '../../domain/values.ts';
import { ReasonInput } from '../reason-input.ts';

const LONGEST_TARGET = 300;

const TargetName = z
  .string()
  .max(LONGEST_TARGET)
  .transform((text, context) => {
    const name = parseTargetName(text);
    if (name !== undefined) return name;
    context.addIssue(
      'must be a host such as api.example.com, with or without its port, or an origin such as https://api.example.com',
    );
    return z.NEVER;
  });

const common = {
  reason: ReasonInput.optional(),
  until: InstantInput.nullable().optional(),
};

/** How far a caller's pauses may reach: to jobs of its own tenant, or to those of all. */
export type PauseAuthority = 'tenant' | 'installation';

/** `of` names the application or the target; an installation or a tenant needs no name. */
export const SetPause = z.discriminatedUnion('scope', [
  z.strictObject({ scope: z.literal('installation'), ...common }),
  z.strictObject({ scope: z.literal('tenant'), ...common }),
  z.strictObject({ scope: z.literal('application'), of: ApplicationId, ...common }),
  z.strictObject({ scope: z.literal('target'), of: TargetName, ...common }),
]);
export type SetPause = z.infer<typeof SetPause>;
