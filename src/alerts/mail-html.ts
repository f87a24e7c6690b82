import { type AlertLine, type AlertMessage, endOf, TEST_WORDS } from './message.ts';

const COLOURS = { firing: '#b42318', resolved: '#067647' } as const;
const MUTED = '#667085';

/** The message as HTML, for mail readers: inline styles, no images, nothing that is loaded. */
export const htmlOf = (message: AlertMessage): string => {
  const { subject, rule, tenant, condition, alerts, more, remedy, url } = message;
  const isFiring = alerts.some(({ state }) => state === 'firing');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head>
<body style="margin:0;padding:24px;background:#f2f4f7;font:15px/1.5 system-ui,sans-serif;color:#101828">
<div style="max-width:640px;margin:0 auto;background:#fff;border:1px solid #e4e7ec;border-radius:8px;overflow:hidden">
<div style="padding:16px 24px;color:#fff;background:${COLOURS[isFiring ? 'firing' : 'resolved']}">
<div style="font-size:18px;font-weight:600">${escaped(subject)}</div>
</div>
<div style="padding:8px 24px 16px">
${alerts.length === 0 ? `<p>${TEST_WORDS}</p>` : alerts.map(htmlOfLine).join('\n')}
${more === 0 ? '' : `<p>And ${more} more.</p>`}
${isFiring ? `<p><b>What to do.</b> ${escaped(remedy)}</p>` : ''}
</div>
<div style="padding:12px 24px;border-top:1px solid #e4e7ec;font-size:13px;color:${MUTED}">
Sent by the alert rule <a href="${escaped(url)}" style="color:${MUTED}">${escaped(rule)}</a> of ${escaped(tenant)}
(${escaped(condition)}).
</div>
</div>
</body></html>
`;
};

const htmlOfLine = (line: AlertLine): string => {
  const { state, job, jobId, what, since, url } = line;
  const end = endOf(line);
  return `<div style="padding:12px 0;border-bottom:1px solid #f2f4f7">
<div><b style="color:${COLOURS[state]}">${state === 'firing' ? 'Firing' : 'Resolved'}</b>
<a href="${escaped(url)}" style="color:#101828;font-weight:600">${escaped(job)}</a>
<span style="color:${MUTED}">job ${jobId}</span></div>
<div>${escaped(what)}</div>
<div style="font-size:13px;color:${MUTED}">Since ${escaped(since)}</div>
${end === undefined ? '' : `<div style="font-size:13px;color:${MUTED}">${escaped(end)}</div>`}
</div>`;
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
