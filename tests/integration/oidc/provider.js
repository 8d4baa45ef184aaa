// The certified provider with the people, keys and clients that a test names in PROVIDER. Its pages
// for logging in and consenting are its own; any password is right.
import { Provider } from 'oidc-provider';

const { issuer, port, keys, people, clients } = JSON.parse(process.env.PROVIDER);

const provider = new Provider(issuer, {
  clients,
  jwks: { keys },
  cookies: { keys: ['a key of these tests'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  async findAccount(_, id) {
    const person = people[id];
    return person && { accountId: id, claims: () => ({ sub: id, ...person }) };
  },
});

provider.listen(port, '127.0.0.1');
