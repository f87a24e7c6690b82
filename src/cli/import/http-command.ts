import { defined } from '../../domain/defined.ts';
import { attemptsAfter, bodyOf, literal } from './imported.ts';

/** A command line, split like a shell would. */
type ShellWords = {
  readonly words: readonly string[];
  /** Parts that require a shell: variables, substitutions, and everything after a pipe or another command. */
  readonly shellOnly: readonly string[];
};

const OPERATOR = /^(?:\|\|?|&&?|;)/;
const REDIRECT = /^(?:[0-9&]?>>?(?:&[0-9-])?|<)/;
const SUBSTITUTION = /^(?:\$\(|\$\{?[A-Za-z_]\w*\}?|`)/;

/** Splits a command line into words. Omits redirections. */
const shellWords = (line: string): ShellWords => {
  const words: string[] = [];
  const shellOnly: string[] = [];
  let word: string | undefined;
  let at = 0;
  const add = (text: string): void => {
    word = (word ?? '') + text;
  };
  const end = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  while (at < line.length) {
    const rest = line.slice(at);
    const char = rest.charAt(0);
    const substitution = SUBSTITUTION.exec(rest)?.[0];
    if (/\s/.test(char)) {
      end();
      at += 1;
    } else if (char === "'") {
      const close = line.indexOf("'", at + 1);
      add(line.slice(at + 1, close < 0 ? line.length : close));
      at = close < 0 ? line.length : close + 1;
    } else if (char === '"') {
      at += 1;
      add('');
      while (at < line.length && line.charAt(at) !== '"') {
        if (line.charAt(at) === '\\' && /["\\$`]/.test(line.charAt(at + 1))) at += 1;
        else if (SUBSTITUTION.test(line.slice(at))) shellOnly.push(SUBSTITUTION.exec(line.slice(at))?.[0] ?? '');
        add(line.charAt(at));
        at += 1;
      }
      at += 1;
    } else if (char === '\\') {
      add(line.charAt(at + 1));
      at += 2;
    } else if (OPERATOR.test(rest) && !REDIRECT.test(rest)) {
      end();
      const more = rest.replace(OPERATOR, '').trim();
      if (more !== '') shellOnly.push(`${OPERATOR.exec(rest)?.[0]} ${more}`);
      return { words, shellOnly };
    } else if (word === undefined && REDIRECT.test(rest)) {
      const sign = REDIRECT.exec(rest)?.[0] ?? '';
      // The file of a redirection is not part of the command.
      const file = /&[0-9-]$/.test(sign) ? '' : (/^\s*\S+/.exec(rest.slice(sign.length))?.[0] ?? '');
      at += sign.length + file.length;
    } else {
      if (substitution !== undefined) shellOnly.push(substitution);
      add(char);
      at += 1;
    }
  }
  end();
  return { words, shellOnly };
};

/** The call that a command line makes. */
type HttpCommand = {
  readonly taskConfig: Readonly<Record<string, unknown>>;
  readonly retry?: { readonly maxAttempts: number };
  readonly notes: readonly string[];
};

/** A command without an HTTP call, and why. */
type NoHttpCommand = {
  readonly notes: readonly string[];
  readonly taskConfig?: undefined;
  /** The words of the other program that it runs, if any. */
  readonly program?: readonly string[];
};

/** Parses a shell command line. */
export const httpCommandLine = (line: string): HttpCommand | NoHttpCommand => {
  const { words, shellOnly } = shellWords(line);
  const command = httpCommand(words);
  if (command.taskConfig === undefined) return command;
  const filled = shellOnly.filter((text) => /^[$`]/.test(text));
  if (filled.length > 0) {
    const why = 'use a parameter such as ${T:YYYY-MM-DD}, or a variable';
    return { notes: [`the shell substitutes ${filled.join(', ')}: ${why}`] };
  }
  const after = shellOnly.map((text) => `commands after the call have no equivalent: ${text}`);
  return { ...command, notes: [...command.notes, ...after] };
};

/** Parses a command that is split into words. */
export const httpCommand = (given: readonly string[]): HttpCommand | NoHttpCommand => {
  const words = withoutPrefix(given);
  const [program = '', ...args] = words;
  switch (program.split('/').at(-1)) {
    case 'curl':
      return readOptions(args, CURL);
    case 'wget':
      return readOptions(args, WGET);
    case 'sh':
    case 'bash':
    case 'ash': {
      const at = args.findIndex((arg) => /^-\w*c$/.test(arg));
      const line = at < 0 ? undefined : args[at + 1];
      if (line !== undefined) return httpCommandLine(line);
    }
  }
  const notes = [`does not call a URL: ${given.join(' ').slice(0, 120) || 'there is no command'}`];
  return words.length === 0 ? { notes } : { notes, program: words };
};

/** Removes environment settings and programs that only run another one. */
const withoutPrefix = (words: readonly string[]): readonly string[] => {
  const [first = '', second = '', ...rest] = words;
  if (
    /^[A-Za-z_]\w*=/.test(first) ||
    first === 'exec' ||
    first === 'nohup' ||
    first === 'time' ||
    first === 'command'
  ) {
    return withoutPrefix(words.slice(1));
  }
  if (first === 'timeout' && /^\d/.test(second)) return withoutPrefix(rest);
  if (first === 'nice') return withoutPrefix(second === '-n' ? rest.slice(1) : words.slice(1));
  return words;
};

/** The result of a command's options. */
type Call = {
  url?: string;
  method?: string;
  readonly headers: Record<string, string>;
  readonly data: string[];
  auth?: Readonly<Record<string, string>>;
  timeout?: string;
  retries?: number;
  readonly notes: string[];
};

type OptionEffect = (call: Call, value: string) => void;
/** What the options of a program do. */
type ProgramEffects = {
  readonly takesValue: Readonly<Record<string, OptionEffect>>;
  readonly flags: Readonly<Record<string, OptionEffect>>;
};

const ignored: OptionEffect = () => {};
const header: OptionEffect = (call, text) => {
  const [name = '', ...value] = text.split(':');
  if (text.startsWith('@') || value.length === 0)
    call.notes.push(`the header ${JSON.stringify(text)} has no equivalent`);
  else call.headers[name.trim()] = value.join(':').trim();
};
const data: OptionEffect = (call, text) => {
  if (text.startsWith('@')) call.notes.push(`the body is in the file ${text.slice(1)}: copy it into the job`);
  else call.data.push(text);
};
const timeout: OptionEffect = (call, seconds) => {
  call.timeout = `${Math.max(1, Math.round(Number(seconds) * 1_000))}ms`;
};
const retries: OptionEffect = (call, count) => {
  call.retries = Number(count);
};
const without =
  (what: string): OptionEffect =>
  (call) =>
    void call.notes.push(`${what} has no equivalent`);
const method =
  (name?: string): OptionEffect =>
  (call, value) => {
    call.method = name ?? value.toUpperCase();
  };
const user: OptionEffect = (call, text) => {
  const [username = '', ...password] = text.split(':');
  call.auth = { authMethod: 'basic', username, password: literal(password.join(':')) };
};

const CURL: ProgramEffects = {
  takesValue: {
    '-X': method(),
    '--request': method(),
    '-H': header,
    '--header': header,
    '-d': data,
    '--data': data,
    '--data-ascii': data,
    '--data-binary': data,
    '--data-raw': (call, text) => void call.data.push(text),
    '--data-urlencode': without('--data-urlencode'),
    '--json': (call, text) => {
      data(call, text);
      call.headers['Content-Type'] ??= 'application/json';
      call.headers.Accept ??= 'application/json';
    },
    '-u': user,
    '--user': user,
    '--oauth2-bearer': (call, token) => {
      call.auth = { authMethod: 'bearer', token: literal(token) };
    },
    '-A': (call, text) => header(call, `User-Agent: ${text}`),
    '--user-agent': (call, text) => header(call, `User-Agent: ${text}`),
    '-e': (call, text) => header(call, `Referer: ${text}`),
    '--referer': (call, text) => header(call, `Referer: ${text}`),
    '-b': (call, text) => header(call, `Cookie: ${text}`),
    '--cookie': (call, text) => header(call, `Cookie: ${text}`),
    '-m': timeout,
    '--max-time': timeout,
    '--retry': retries,
    '--retry-delay': ignored,
    '--retry-max-time': ignored,
    '--connect-timeout': ignored,
    '--url': (call, text) => {
      call.url = text;
    },
    '-o': ignored,
    '--output': ignored,
    '-w': ignored,
    '--write-out': ignored,
    '--max-redirs': ignored,
    '-x': without('a proxy of its own'),
    '--proxy': without('a proxy of its own'),
    '-F': without('a form with files (-F)'),
    '--form': without('a form with files (-F)'),
    '-T': without('an upload (-T)'),
    '--cacert': without('--cacert (use the TLS settings of the application)'),
    '-E': without('a client certificate (use the TLS settings of the application)'),
    '--cert': without('a client certificate (use the TLS settings of the application)'),
    '--key': ignored,
    '--resolve': without('--resolve'),
  },
  flags: {
    '-k': without('-k (certificates are always checked)'),
    '--insecure': without('--insecure (certificates are always checked)'),
    '-I': method('HEAD'),
    '--head': method('HEAD'),
    '-G': without('-G (data in the URL)'),
    '--get': without('--get (data in the URL)'),
  },
};

const WGET: ProgramEffects = {
  takesValue: {
    '--header': header,
    '--post-data': data,
    '--body-data': data,
    '--method': method(),
    '--user-agent': (call, text) => header(call, `User-Agent: ${text}`),
    '-U': (call, text) => header(call, `User-Agent: ${text}`),
    '-T': timeout,
    '--timeout': timeout,
    '-t': (call, count) => retries(call, String(Number(count) - 1)),
    '--tries': (call, count) => retries(call, String(Number(count) - 1)),
    '-O': ignored,
    '--output-document': ignored,
    '-o': ignored,
    '--user': (call, name) => {
      call.auth = { password: '', ...call.auth, authMethod: 'basic', username: name };
    },
    '--password': (call, password) => {
      call.auth = { username: '', ...call.auth, authMethod: 'basic', password: literal(password) };
    },
    '--post-file': without('a body in a file'),
  },
  flags: { '--no-check-certificate': without('--no-check-certificate (certificates are always checked)') },
};

const readOptions = (args: readonly string[], { takesValue, flags }: ProgramEffects): HttpCommand | NoHttpCommand => {
  const call: Call = { headers: {}, data: [], notes: [] };
  const left = [...args];
  /** Combined letters such as `-fsSXPOST`: the first one that takes a value takes the rest. */
  const readShort = (letters: string): void => {
    for (const [at, letter] of [...letters].entries()) {
      const effect = takesValue[`-${letter}`];
      if (effect !== undefined) {
        effect(call, letters.slice(at + 1) || (left.shift() ?? ''));
        return;
      }
      flags[`-${letter}`]?.(call, '');
    }
  };
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    const [, name = '', value] = /^(--[^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name !== '') takesValue[name]?.(call, value ?? '');
    else if (takesValue[arg] !== undefined) takesValue[arg]?.(call, left.shift() ?? '');
    else if (flags[arg] !== undefined) flags[arg]?.(call, '');
    else if (/^-[^-]/.test(arg)) readShort(arg.slice(1));
    else if (!arg.startsWith('-')) {
      if (call.url === undefined) call.url = arg;
      else call.notes.push(`a second URL has no equivalent: ${arg}`);
    }
  }
  return callOf(call);
};

const FORM = 'application/x-www-form-urlencoded';

const callOf = ({
  url,
  method: requested,
  headers,
  data: parts,
  auth,
  timeout: limit,
  retries: count,
  notes,
}: Call) => {
  if (url === undefined) return { notes: [...notes, 'does not call a URL: it names none'] };
  const text = parts.length === 0 ? undefined : parts.join('&');
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const sent = text === undefined || hasType ? headers : { ...headers, 'Content-Type': FORM };
  const shown = Object.entries(sent).map(([name, value]) => [name, literal(value)]);
  const body = text === undefined ? {} : { body: bodyOf(text, sent) };
  return {
    taskConfig: defined({
      url: literal(/^[a-z]+:\/\//i.test(url) ? url : `http://${url}`),
      method: requested ?? (text === undefined ? 'GET' : 'POST'),
      ...(shown.length === 0 ? {} : { headers: Object.fromEntries(shown) }),
      auth,
      ...body,
      timeout: limit,
    }),
    ...(count === undefined || count < 1 ? {} : { retry: { maxAttempts: attemptsAfter(count) } }),
    notes,
  };
};
