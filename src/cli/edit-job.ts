import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CommandInput, CommandTools } from './command.ts';
import { jsonOf } from './command-bodies.ts';

/** Read-only fields of a job. The API accepts them unchanged, but they are not for editing. */
const SHOWN_ALONE: ReadonlySet<string> = new Set([
  ...['id', 'application', 'nextRunAt', 'lastExecution', 'completed', 'state'],
  ...['createdAt', 'createdBy', 'updatedAt', 'updatedBy'],
]);

/**
 * `carillon jobs edit`: opens a job in the editor and puts the saved text, unless another user changed the job in the
 * meantime. If it is rejected, the text is kept.
 */
export const editJob = async ({ subject, at }: CommandInput, { ask, say, terminal }: CommandTools): Promise<void> => {
  const editor = editorOf(terminal);
  const { data, headers } = await ask<object>({ path: at('/jobs/:job') });
  const editable = Object.fromEntries(Object.entries(data).filter(([name]) => !SHOWN_ALONE.has(name)));
  const before = `${JSON.stringify(editable, undefined, 2)}\n`;
  const folder = await mkdtemp(path.join(tmpdir(), 'carillon-edit-'));
  const file = path.join(folder, 'job.json');
  await writeFile(file, before, { mode: 0o600 });
  try {
    await edit(editor, file);
    const after = await readFile(file, 'utf8');
    if (after === before) say(`No changes to ${subject}`);
    else {
      const etag = headers.get('etag');
      const ifMatch = etag === null ? {} : { 'If-Match': etag };
      const answer = await ask({ method: 'put', path: at('/jobs/:job'), body: jsonOf(after, file), headers: ifMatch });
      say(`Updated ${subject}`, answer.data);
    }
  } catch (error) {
    if ((await readFile(file, 'utf8')) === before) await rm(folder, { recursive: true });
    else if (error instanceof Error) error.message += `\n  Your text is saved in ${file}.`;
    throw error;
  }
  await rm(folder, { recursive: true });
};

/** @throws Error if no editor is configured and the default one has no terminal */
const editorOf = ({ env: { VISUAL, EDITOR }, stdin }: CommandTools['terminal']): string => {
  const editor = VISUAL || EDITOR || (stdin.isTTY ? 'vi' : undefined);
  if (editor !== undefined) return editor;
  throw new Error('No terminal to edit in. Set EDITOR, or use `carillon jobs put`.');
};

/** The editor's command can have arguments, such as `code --wait`. */
const edit = async (editor: string, file: string): Promise<void> => {
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${editor} ended with ${code ?? 'a signal'}. Nothing was changed.`);
};
