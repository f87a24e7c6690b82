import { type ApplicationSource, DEFAULT_TENANT } from '../bootstrap/definitions.ts';
import { readFolder } from '../bootstrap/read-folder.ts';
import { orFail } from './fail.ts';
import { Report, renderReport } from './render-report.ts';
import { connect, type ServerOptions } from './server.ts';

type BootstrapOptions = ServerOptions & { readonly dir: string };

/** `carillon bootstrap`: sends the files of a folder to the running server, and prints what it did or would do. */
export const bootstrap = (verb: 'plan' | 'apply', { dir, ...options }: BootstrapOptions): Promise<void> =>
  orFail(async () => {
    const applications = (await readFolder(dir)).map(withDefaultTenant);
    const server = await connect(options);
    const { data } = await server.post('/bootstrap', { applications }, { params: { plan: verb === 'plan' } });
    process.stdout.write(renderReport(Report.parse(data)));
  });

/** Without a tenant in its file, an application belongs to the tenant `default`, whichever tenant the token names. */
const withDefaultTenant = ({ application, ...source }: ApplicationSource): ApplicationSource => ({
  ...source,
  application:
    typeof application === 'object' && application !== null && !Array.isArray(application)
      ? { tenant: DEFAULT_TENANT, ...application }
      : application,
});
