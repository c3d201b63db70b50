import type { NewFile, Setup, Template } from './template.ts';
import { comment, head, REPORTS, SETTINGS } from './yaml-text.ts';

const SECRET_FILE = '.signalbox/webhook.secret';

/** A signed request from outside, heard and kept. */
export const webhookTemplate: Template = {
  name: 'webhook',
  brief: 'a signed request from another program is heard, and kept',
  files: (setup) => [mainFile(setup), deliveryFlow(), secretFile(setup)],
  tryIt: () => ['trigger', 'on-delivery', '--data', `'{"version":"1.2.0"}'`, '--wait'],
};

const ABOUT = [
  'A webhook: who knows the secret may send a request, which becomes an event.',
  '',
  '  signalbox dev      runs it, and shows what happens',
  '',
  'In a second terminal, a request as another program would send it:',
  '',
  `  BODY='{"version":"1.2.0"}'`,
  `  SIGN() { openssl dgst -sha256 -hmac "$(cat ${SECRET_FILE})" | sed 's/.* //'; }`,
  '  curl http://127.0.0.1:8766/hooks/deploy -d "$BODY" \\',
  '    -H "X-Signature: sha256=$(printf %s "$BODY" | SIGN)"',
];

function mainFile({ project }: Setup): NewFile {
  const text = `${head(project, ABOUT)}sources:
  - type: webhook
    name: deploy
    path: /hooks/deploy
    # The secret is read where it is needed, and stands in no log. Another one: write that file.
    secret: "\${file:${SECRET_FILE}}"
    handler: on-delivery

# webhook_port: 8766                # taken: it is tried again until it is free
${SETTINGS}`;
  return { path: 'signalbox.yaml', purpose: 'a webhook at /hooks/deploy', text };
}

function deliveryFlow(): NewFile {
  const about = [
    `The latest request is kept in ${REPORTS}/delivery.json.`,
    '',
    '  signalbox events --type webhook.*    lists what came, and what was refused',
  ];
  const text = `${comment(about)}
handlers:
  on-delivery:
    concurrency: { limit: 1 }
    steps:
      # What a request says is text: it is written down, and nothing of it is run.
      - tool: filesystem
        action: write
        path: ${REPORTS}/delivery.json
        content: "\${{ payload }}"
      - { emit: delivery.kept, data: { report: ${REPORTS}/delivery.json } }
`;
  return { path: 'flows/delivery.yaml', purpose: 'keeps the latest request', text };
}

function secretFile({ secret }: Setup): NewFile {
  const purpose = 'its secret, for you alone';
  return { path: SECRET_FILE, purpose, text: secret, isPrivate: true, mayBeThere: true };
}
