import type { z } from 'zod';
import type { EngineReleaseSchema, ErasedKeySchema, RotatedKeysSchema } from '../http/resources/common.ts';
import type { CommandInput, CommandTools } from './command.ts';
import { EXIT } from './fail.ts';

/** `carillon engine release`: lets waiting engines claim on the log in its current location. */
export const releaseEngines = async (_input: CommandInput, { ask, say }: CommandTools): Promise<void> => {
  const { data } = await ask<z.output<typeof EngineReleaseSchema>>({ method: 'post', path: '/engine/release' });
  say(`Released: engines can claim slots on log ${data.logId} in ${data.store}`, data);
};

/** `carillon secrets rotate`: wraps every data key with the first key of `SECRET_KEYS`; exit code 1 if one failed. */
export const rotateKeys = async (_input: CommandInput, { ask, say, note, terminal }: CommandTools): Promise<void> => {
  const { data } = await ask<z.output<typeof RotatedKeysSchema>>({ method: 'post', path: '/secrets/rotate' });
  const { rewrapped, current, failed } = data;
  say(`Encrypted ${rewrapped} data keys with the current key; ${current} already used it`, data);
  for (const { applicationId, message } of failed) note(`carillon: application ${applicationId}: ${message}`);
  if (failed.length > 0) terminal.exitCode = EXIT.no;
};

/** `carillon secrets erase`: deletes an application's data key permanently. */
export const eraseKey = async ({ subject, at }: CommandInput, { ask, say }: CommandTools): Promise<void> => {
  const path = at('/applications/:applicationId/secrets/erase');
  const { data } = await ask<z.output<typeof ErasedKeySchema>>({ method: 'post', path });
  const { generation, note } = data;
  say(generation === undefined ? note : `Deleted data key ${generation} of application ${subject}. ${note}`, data);
};
