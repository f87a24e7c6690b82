// npm runs this before `npm start` and `npm test`, so that either works on a fresh clone.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildUiIfNeeded } from './build-ui.mjs';
import { complaintAbout, install, isInstalled, linkBundledNode, markInstalled, scriptNodeVersion } from './install.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @param {string} message */
const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

if (!isInstalled(root)) {
  process.stderr.write('Installing dependencies (once, until package-lock.json changes) …\n');
  if (install(root) !== 0)
    fail('npm ci failed, see above. The packages come from the registry that npm is set up for.');
}
markInstalled(root);
linkBundledNode(root);
const complaint = complaintAbout(scriptNodeVersion(root));
if (complaint !== undefined) fail(complaint);
if (!buildUiIfNeeded(root)) fail('Could not build the admin UI. See the output above.');
