import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Working folder of the Dockerfile in each stage. */
const WORKDIR = '/carillon';

/** A stage of a Dockerfile: its instructions in order, continued lines joined. */
type Stage = { readonly name: string; readonly instructions: readonly Instruction[] };
type Instruction = { readonly keyword: string; readonly argument: string };

/**
 * Reproduces a build of the image in a folder: each stage gets only the files that `.dockerignore` and its `COPY` lines let
 * through, and runs the building commands. Packages are linked instead of installed.
 * @returns the folder of the last stage, which equals the content of the image
 */
export const buildImageFolder = async (root: string, folder: string): Promise<string> => {
  const context = new Set(await contextOf(root));
  const stages = parseDockerfile(await readFile(path.join(root, 'Dockerfile'), 'utf8'));
  for (const { name, instructions } of stages) {
    const stage = path.join(folder, name);
    await mkdir(stage, { recursive: true });
    for (const { keyword, argument } of instructions) {
      if (keyword === 'COPY') await copy({ root, context, folder, stage, argument });
      if (keyword === 'RUN') await run({ root, stage, command: argument });
    }
  }
  return path.join(folder, stages.at(-1)?.name ?? '');
};

const parseDockerfile = (text: string): Stage[] => {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n');
  const instructions = lines.flatMap((line): Instruction[] => {
    const [, keyword, argument] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
    return keyword === undefined || argument === undefined ? [] : [{ keyword, argument: argument.trim() }];
  });
  const starts = instructions.flatMap(({ keyword }, index) => (keyword === 'FROM' ? [index] : []));
  return starts.map((start, number) => ({
    name: / AS (\S+)$/.exec(instructions[start]?.argument ?? '')?.[1] ?? `stage-${number}`,
    instructions: instructions.slice(start + 1, starts[number + 1]),
  }));
};

type CopyOptions = {
  readonly root: string;
  readonly context: ReadonlySet<string>;
  readonly folder: string;
  readonly stage: string;
  readonly argument: string;
};

const copy = async ({ root, context, folder, stage, argument }: CopyOptions): Promise<void> => {
  const [, from, names = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(argument) ?? [];
  const paths = names.split(/\s+/);
  const sources = paths.slice(0, -1);
  const target = path.join(stage, paths.at(-1) ?? '');
  if (from !== undefined) {
    const ours = sources.filter((source) => source === WORKDIR || source.startsWith(`${WORKDIR}/`));
    for (const source of ours) {
      await cp(path.join(folder, from, path.relative(WORKDIR, source)), target, {
        recursive: true,
        verbatimSymlinks: true,
      });
    }
    return;
  }
  for (const source of sources) {
    const files = [...context].filter((file) => file === source || file.startsWith(`${source}/`));
    if (files.length === 0) throw new Error(`.dockerignore leaves out ${source}, which the Dockerfile copies`);
    for (const file of files) {
      const inTarget = file === source ? path.basename(file) : path.relative(source, file);
      await cp(path.join(root, file), path.join(target, inTarget));
    }
  }
};

type RunOptions = { readonly root: string; readonly stage: string; readonly command: string };

/** Other commands, such as those that add a user or remove files of packages, do not affect the sources. */
const run = async ({ root, stage, command }: RunOptions): Promise<void> => {
  if (command.startsWith('npm ci')) await linkPackages({ root, stage, command });
  if (!command.startsWith('node ')) return;
  const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`;
  await promisify(execFile)('sh', ['-c', command], { cwd: stage, env: { ...process.env, PATH } });
};

const Lock = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional(), optional: z.boolean().optional() })),
});
const PACKAGE = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/;

const linkPackages = async ({ root, stage, command }: RunOptions): Promise<void> => {
  const { packages } = Lock.parse(JSON.parse(await readFile(path.join(stage, 'package-lock.json'), 'utf8')));
  const names = Object.entries(packages).flatMap(([place, { dev, optional }]) => {
    const isOmitted = (dev && command.includes('--omit=dev')) || (optional && command.includes('--omit=optional'));
    const name = PACKAGE.exec(place)?.[1];
    return name === undefined || isOmitted || !existsSync(path.join(root, place)) ? [] : [name];
  });
  for (const name of [...names, '.bin']) {
    const [from, to] = [path.join(root, 'node_modules', name), path.join(stage, 'node_modules', name)];
    await mkdir(path.dirname(to), { recursive: true });
    await symlink(from, to);
  }
};

/** The files that `.dockerignore` lets through: the last pattern that matches a file or one of its folders decides. */
const contextOf = async (root: string): Promise<string[]> => {
  const lines = (await readFile(path.join(root, '.dockerignore'), 'utf8')).split('\n');
  const rules = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isIgnored: !line.startsWith('!'), pattern: line.replace(/^!/, '') }));
  return (await filesBelow(root)).filter((file) => {
    const parts = file.split('/');
    const places = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const last = rules.findLast(({ pattern }) => places.some((place) => path.matchesGlob(place, pattern)));
    return last?.isIgnored !== true;
  });
};

const NOT_OURS = new Set(['node_modules', '.git', '.cache']);

const filesBelow = async (root: string, folder = ''): Promise<string[]> => {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true });
  const found = entries
    .filter(({ name }) => !NOT_OURS.has(name))
    .map((entry) => {
      const place = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(root, place) : [place];
    });
  return (await Promise.all(found)).flat();
};
