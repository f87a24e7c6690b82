import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** `npm audit` of production packages; if the registry does not respond, what the lock file shows. */

const REGISTRY_MS = 60_000;
const Audited = z.object({
  metadata: z.object({ vulnerabilities: z.object({ total: z.int() }), dependencies: z.object({ total: z.int() }) }),
});
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

const audit = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('npm', ['audit', '--omit=dev', '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
      timeout: REGISTRY_MS,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });

const responded = (output: string): z.infer<typeof Audited> | undefined => {
  try {
    return Audited.safeParse(JSON.parse(output)).data;
  } catch {
    return undefined;
  }
};

/** Each package comes from the registry (the lock names no other place) and is known by its hash. */
const lookAtLock = async (): Promise<{ looked: readonly string[]; wrong: readonly string[] }> => {
  const { packages } = Lock.parse(JSON.parse(await readFile('package-lock.json', 'utf8')));
  // A workspace is a folder of the checkout, and a link to it.
  const production = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.includes('node_modules/') && dev !== true && link !== true,
  );
  return {
    looked: production.map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`),
    wrong: production.flatMap(([path, { resolved, integrity = '' }]) => [
      ...(resolved === undefined || resolved.startsWith('https://') ? [] : [`${path} comes from ${resolved}`]),
      ...(integrity.startsWith('sha512-') ? [] : [`${path} is known by no sha512`]),
    ]),
  };
};

const output = await audit();
const found = responded(output);
if (found === undefined) {
  const { looked, wrong } = await lookAtLock();
  console.log(
    `the registry answers no audit; looked at where these ${looked.length} packages come from, and their hashes:`,
  );
  console.log(looked.join(', '));
  for (const line of wrong) console.log(line);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} else {
  const { vulnerabilities, dependencies } = found.metadata;
  console.log(`${vulnerabilities.total} known vulnerabilities in ${dependencies.total} packages: npm audit --omit=dev`);
  process.exitCode = vulnerabilities.total === 0 ? 0 : 1;
}
