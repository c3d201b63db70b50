/**
 * How a secret may be written: as it is, in base64 (wherever it begins in what is encoded), in hex,
 * in URLs and forms, and as JSON writes it within a text.
 *
 * Line ends are left out: whoever looks for these forms passes over them, as texts are wrapped.
 */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const forms = [
    secret,
    ...base64.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]),
    hex,
    hex.toUpperCase(),
    ...urlForms(secret),
    ...jsonForms(secret),
  ];
  return [...new Set(forms.map((form) => form.replaceAll(/[\r\n]/g, '')))];
}

/** The characters that stay the same whatever stands around, `offset` bytes into three. */
function base64At(bytes: Buffer, offset: number): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = offset === 0 ? 0 : offset + 1;
  return padded.toString('base64').slice(first, Math.floor((padded.length * 8) / 6));
}

function urlForms(secret: string): readonly string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replaceAll(/[!'()*]/g, (mark) => percent(mark.charCodeAt(0)));
  const form = String(new URLSearchParams({ '': secret })).slice(1);
  const all = Array.from(Buffer.from(secret), percent).join('');
  const forms = [component, strict, form, encodeURI(secret), all];
  return forms.flatMap((text) => [text, lowerEscapes(text)]);
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function lowerEscapes(text: string): string {
  return text.replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase());
}

/** Within a text, JSON may itself stand in JSON; and some write slashes or all else escaped. */
function jsonForms(secret: string): readonly string[] {
  const once = JSON.stringify(secret).slice(1, -1);
  const twice = JSON.stringify(once).slice(1, -1);
  const ascii = once.replaceAll(/[\u0080-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return [once, twice, ascii, once.replaceAll('/', '\\/')];
}
