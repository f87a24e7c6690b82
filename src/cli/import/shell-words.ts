/** A command line, split like a shell would. */
export type ShellWords = {
  readonly words: readonly string[];
  /** Parts that require a shell: variables, substitutions, and everything after a pipe or another command. */
  readonly shellOnly: readonly string[];
};

const OPERATOR = /^(?:\|\|?|&&?|;)/;
const REDIRECT = /^(?:[0-9&]?>>?(?:&[0-9-])?|<)/;
const SUBSTITUTION = /^(?:\$\(|\$\{?[A-Za-z_]\w*\}?|`)/;

/** Splits a command line into words. Omits redirections. */
export const shellWords = (line: string): ShellWords => {
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
