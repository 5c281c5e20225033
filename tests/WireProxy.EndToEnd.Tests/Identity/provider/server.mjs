// An OpenID Connect provider on loopback, for tests alone: node server.mjs PORT
// Tokens come of the token endpoint: client_credentials, or a person's authorization code. The resource that is asked for says how they are:
// urn:wireproxy:ALGORITHM:SECONDS[:AUDIENCE]. POST /rotate gives the provider a new key pair of each kind; with ?keep the old public keys stay in its JWK set.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
let keys = [];
let generation = 0;

function newKeys() {
  generation += 1;
  const make = (alg, type, options) => ({
    ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid: `${alg}-${generation}`, alg, use: 'sig',
  });
  return [make('RS256', 'rsa', { modulusLength: 2048 }), make('ES256', 'ec', { namedCurve: 'P-256' })];
}

function resource(indicator) {
  const [, , alg, seconds, audience] = indicator.split(':');
  return {
    scope: 'database', audience: audience ?? 'wireproxy', accessTokenFormat: 'jwt', accessTokenTTL: Number(seconds), jwt: { sign: { alg } },
  };
}

function start() {
  const provider = new Provider(issuer, {
    clients: [
      { client_id: 'nightly-report', client_secret: 'nightly', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
      { client_id: 'workbench', client_secret: 'workbench', grant_types: ['authorization_code'], redirect_uris: [`${issuer}/callback`], response_types: ['code'] },
    ],
    jwks: { keys },
    cookies: { keys: ['for tests alone'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: (ctx, indicator) => resource(indicator), useGrantedResource: () => true },
    },
    scopes: ['openid', 'database'],
    pkce: { required: () => false },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // A person is of the analysts, a program of the services; whoever acts for somebody says so, as RFC 8693 has it.
    extraTokenClaims: (ctx, token) => (token.accountId
      ? { groups: ['analysts'], act: { sub: 'copilot' }, name: 'Alice Example' }
      : { groups: ['services'], sub: token.clientId }),
    ttl: { Session: 600, Interaction: 600, Grant: 600 },
  });
  provider.on('server_error', (ctx, error) => console.error(error));
  return provider.callback();
}

keys = newKeys();
let answer = start();
createServer((request, response) => {
  if (request.method === 'POST' && request.url.startsWith('/rotate')) {
    keys = request.url.endsWith('?keep') ? [...newKeys(), ...keys] : newKeys();
    answer = start();
    response.writeHead(204).end();
    return;
  }
  answer(request, response);
}).listen(port, '127.0.0.1');
