import { globSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { anchorOf } from './anchors.ts';

/** Every page. The site has them in the same folders as the repository, so that links work in both. */
const SOURCES = '{*,docs/**/*,ui/*,bench/*,examples/**/*}.md';
const CONTENTS = 'docs/README.md';
const START = 'README.md';
const TEMPLATE = path.join(import.meta.dirname, 'page.html');
const SEARCH_LIBRARY = 'node_modules/minisearch/dist/umd/index.js';

/** A section as indexed for the search. */
type Section = { readonly id: string; readonly page: string; readonly heading: string; readonly text: string };
type Page = {
  readonly title: string;
  readonly html: string;
  readonly sections: readonly Section[];
  /** Targets of its links, from the root of the repository, without anchors. */
  readonly links: readonly string[];
};

const markdown = new MarkdownIt();
type Token = ReturnType<typeof markdown.parse>[number];

/** The site's path for a file or folder of the repository. */
export const placeOf = (file: string): string =>
  isFolder(file) ? path.join(file, 'README.html') : file.replace(/\.md$/, '.html');
const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
const leadsOut = (link: string): boolean => /^([a-z]+:|#)/.test(link);
const from = (file: string, to: string): string => path.relative(path.dirname(file), to);

const wordsOf = ({ children, content }: Token): string =>
  children === null ? content : children.map((child) => (child.type === 'softbreak' ? ' ' : child.content)).join('');

/** Converts links to pages of the site, and adds anchors to headings. Returns the link targets. */
const prepare = (file: string, tokens: readonly Token[]): string[] => {
  const links: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const content = tokens[index + 1];
    if (token.type === 'heading_open' && content !== undefined) token.attrSet('id', anchorOf(wordsOf(content)));
    for (const child of token.children ?? []) {
      for (const attribute of ['href', 'src']) {
        const link = String(child.attrGet(attribute) ?? '#');
        if (leadsOut(link)) continue;
        const [, target = '', anchor = ''] = /^([^#]*)(.*)$/.exec(link) ?? [];
        const to = path.join(path.dirname(file), target);
        links.push(to);
        child.attrSet(attribute, from(file, placeOf(to)) + anchor);
      }
    }
  }
  return links;
};

const sectionsOf = (file: string, tokens: readonly Token[]): Section[] => {
  const sections: { id: string; page: string; heading: string; text: string }[] = [];
  for (const [index, token] of tokens.entries()) {
    const content = tokens[index + 1];
    if (token.type === 'heading_open' && content !== undefined) {
      const [heading, page] = [wordsOf(content), sections[0]?.heading ?? wordsOf(content)];
      sections.push({ id: `${placeOf(file)}#${token.attrGet('id')}`, page, heading, text: '' });
      continue;
    }
    const section = sections.at(-1);
    if (section === undefined || (token.type !== 'inline' && token.type !== 'fence')) continue;
    if (tokens[index - 1]?.type !== 'heading_open') section.text += `${wordsOf(token)} `;
  }
  return sections;
};

const pageOf = (file: string, text: string): Page => {
  const tokens = markdown.parse(text, {});
  const links = prepare(file, tokens);
  const sections = sectionsOf(file, tokens);
  const html = markdown.renderer
    .render(tokens, markdown.options, {})
    // Content that scrolls sideways must be reachable by keyboard.
    .replaceAll('<pre>', '<pre tabindex="0">')
    .replaceAll('<table>', '<div class="table" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>');
  return { title: sections[0]?.heading ?? file, html, sections, links };
};

/** The page of a folder without one: a list of its content. */
const listing = (folder: string): string => {
  const files = globSync(`${folder}/*`).map((file) => path.basename(file));
  return `# ${folder}/\n\n${files
    .toSorted()
    .map((file) => `- [${file}](${file})`)
    .join('\n')}\n`;
};

/** Every page of the site, by the file that it is made of, and those that list a folder. */
export const sitePages = (): ReadonlyMap<string, Page> => {
  const pages = new Map(globSync(SOURCES).map((file) => [file, pageOf(file, readFileSync(file, 'utf8'))]));
  for (const { links } of pages.values()) {
    for (const folder of links.filter(isFolder)) {
      const file = path.join(folder, 'README.md');
      // Iterating over a map includes entries added in the meantime, such as folders of a folder.
      if (!pages.has(file)) pages.set(file, pageOf(file, listing(folder)));
    }
  }
  return pages;
};

/** The template with `{{names}}` filled in. */
const filledIn = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');

/** Writes the site into a folder, which is emptied before. It needs no server: it can be opened from the disk. */
export const writeSite = async (folder: string): Promise<number> => {
  const pages = sitePages();
  const contents = readFileSync(CONTENTS, 'utf8');
  const template = readFileSync(TEMPLATE, 'utf8');
  await rm(folder, { recursive: true, force: true });
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  };
  for (const [file, { title, html }] of pages) {
    const tokens = markdown.parse(contents, {});
    prepare(CONTENTS, tokens);
    const navigation = markdown.renderer
      .render(tokens, markdown.options, {})
      .replaceAll(/href="(?![a-z]+:)([^"#]+)/g, (_, to: string) => `href="${from(file, path.join('docs', to))}`);
    const root = from(file, '.') || '.';
    await write(
      placeOf(file),
      filledIn(template, { title, html, navigation, root, start: from(file, placeOf(START)) }),
    );
  }
  const files = [...pages.values()].flatMap(({ links }) => links).filter((link) => !isFolder(link) && !pages.has(link));
  for (const file of new Set(files)) await cp(file, path.join(folder, file));
  await cp(SEARCH_LIBRARY, path.join(folder, 'minisearch.js'));
  const sections = [...pages.values()].flatMap((page) => page.sections);
  await write('sections.js', `const SECTIONS = ${JSON.stringify(sections)};\n`);
  await write('index.html', `<!doctype html><meta http-equiv="refresh" content="0; url=${placeOf(START)}">\n`);
  return pages.size;
};
