// A model to try `prompt` steps with: it speaks as OpenAI-compatible servers do, needs no account,
// and knows little. A sentence is summed up by its first words, and a schema by what its fields ask.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const PORT = 18434;
let refused = 0;

const server = createServer((request, response) => void reply(request, response));
server.once('error', (error) => {
  console.error(`The model cannot listen on port ${PORT}: ${error.message}`);
  process.exitCode = 1;
});
server.listen(PORT, '127.0.0.1');

async function reply(request, response) {
  const { model, messages, response_format: format } = JSON.parse(await text(request));
  const question = messages.at(-1).content;
  if (question.includes('rush hour') && refused++ === 0) {
    const error = { message: 'Too many ask at once.', type: 'rate_limit_error' };
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' });
    response.end(JSON.stringify({ error }));
    return;
  }
  const schema = format?.json_schema?.schema;
  const said = schema === undefined ? summaryOf(question) : JSON.stringify(fill(schema, question));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const word of said.split(/(?<= )/)) say(response, model, { delta: { content: word } });
  say(response, model, { delta: {}, finish_reason: 'stop' }, countTokens(messages, said));
  response.end('data: [DONE]\n\n');
}

function say(response, model, choice, usage) {
  const choices = [{ index: 0, finish_reason: null, ...choice }];
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model, choices };
  response.write(`data: ${JSON.stringify({ ...chunk, ...(usage && { usage }) })}\n\n`);
}

function summaryOf(question) {
  const [, report = question] = /: ([\s\S]+)$/.exec(question) ?? [];
  return `${report.split(/\s+/).slice(0, 6).join(' ')} …`;
}

function fill({ properties }, question) {
  const fields = Object.entries(properties).map(([name, { type, enum: choices }]) => {
    if (type === 'boolean') return [name, /urgent|down|lost/i.test(question)];
    if (choices !== undefined)
      return [name, choices.find((one) => question.includes(one)) ?? choices[0]];
    return [name, summaryOf(question)];
  });
  return Object.fromEntries(fields);
}

/** A token is a word here. */
function countTokens(messages, answer) {
  const words = (said) => said.trim().split(/\s+/).length;
  const asked = messages.reduce((sum, { content }) => sum + words(content), 0);
  return { prompt_tokens: asked, completion_tokens: words(answer) };
}
