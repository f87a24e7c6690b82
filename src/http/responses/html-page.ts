import type { ServerResponse } from 'node:http';
import { escapeHtml } from '../../runtime/text.ts';

export type HtmlPage = {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  readonly link: { readonly href: string; readonly text: string };
  /**
   * Follows the link automatically, as a page of this service: so cookies are sent that requests from other sites would
   * lack.
   */
  readonly goesOn?: true;
};

/** Responds with a plain page, for users whose browser was sent here. */
export const sendPage = (response: ServerResponse, { status, title, text, link, goesOn }: HtmlPage): void => {
  const href = escapeHtml(link.href);
  response.statusCode = status;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
${goesOn ? `<meta http-equiv="refresh" content="0; url=${href}">\n` : ''}<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
<p><a href="${href}">${escapeHtml(link.text)}</a></p>
</html>
`);
};

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
`;
