import { httpCommandLine } from './http-command.ts';
import type { ImportedEntry, Importer } from './imported.ts';

const SETTING = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/;
const ENTRY = /^\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+)$/;
const HAS_CALL = /(?:^|[\s/'"])(?:curl|wget)\b/;
/** What a crontab of the system has between the times and the command. */
const USER = /^([a-z_][a-z0-9_-]*)\s+(.+)$/;

/** A crontab, of a user or of the system. */
export const fromCrontab: Importer = async (text) => {
  const entries: ImportedEntry[] = [];
  let timezone: string | undefined;
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const at = `line ${index + 1}`;
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, value = ''] = SETTING.exec(line) ?? [];
    if (name === 'CRON_TZ') timezone = value.replace(/^["']|["']$/g, '');
    else if (name !== undefined) entries.push({ at, notes: [`${name} has no equivalent${REMEDIES[name] ?? ''}`] });
    else entries.push({ at, ...entryOf(line, timezone) });
  }
  const isLocal = timezone === undefined && entries.some(({ job }) => job !== undefined);
  const zone = "no CRON_TZ: times are read as UTC, but cron uses its machine's time zone";
  return isLocal ? [{ at: 'all lines', notes: [zone] }, ...entries] : entries;
};

const REMEDIES: Readonly<Record<string, string>> = {
  MAILTO: ': use an alert rule',
};

const entryOf = (line: string, timezone: string | undefined): Omit<ImportedEntry, 'at'> => {
  const [, pattern = '', given = ''] = ENTRY.exec(line) ?? [];
  if (pattern === '') return { notes: [`is not a valid crontab line: ${line.trim().slice(0, 120)}`] };
  if (pattern === '@reboot') return { notes: ['@reboot has no equivalent: it names no time'] };
  const [, user, ofUser = ''] = USER.exec(given) ?? [];
  const isOfSystem =
    user !== undefined &&
    !HAS_CALL.test(user) &&
    HAS_CALL.test(ofUser) &&
    !/^(?:exec|nice|nohup|time|timeout|command|sh|bash|test)$/.test(user);
  const command = isOfSystem ? ofUser : given;
  const { taskConfig, notes, ...rules } = httpCommandLine(command.replaceAll('\\%', '%'));
  if (/(?<!\\)%/.test(command))
    return { notes: ['text after % is standard input for the command, which has no equivalent'] };
  if (taskConfig === undefined) return { notes };
  const job = {
    name: nameOf(String(taskConfig.url)),
    pattern: pattern.replace(/\s+/g, ' '),
    ...(timezone === undefined ? {} : { timezone }),
    ...rules,
    taskType: 'HttpInvokerTask',
    taskConfig,
  };
  return { job, notes: [...(isOfSystem ? [`the user ${user} has no equivalent`] : []), ...notes] };
};

const nameOf = (url: string): string => {
  const { hostname, pathname } = URL.parse(url) ?? { hostname: 'job', pathname: '' };
  return `${hostname}${pathname}`;
};
