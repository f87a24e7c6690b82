import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A new folder with these files by their paths; what is no text is written as JSON. */
export const writeBootstrap = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
  const dir = await mkdtemp(path.join(tmpdir(), 'carillon-bootstrap-'));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return dir;
};
