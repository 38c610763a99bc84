// Preloaded into Azurite, which hears plain HTTP only from the blob endpoint: its users speak HTTPS, and a SAS that allows
// nothing else (the SDK's own do) is to hold.
// Source: azurite 3.35, blob/authentication/BlobSASAuthenticator.js (validateProtocol).
'use strict';
const { default: ExpressRequestAdapter } = require('azurite/dist/src/blob/generated/ExpressRequestAdapter');

ExpressRequestAdapter.prototype.getProtocol = () => 'https';
