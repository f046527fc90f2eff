"""The metadata of an external client app with Canvas: organizations make no new connected apps since the spring of 2026.

The consumer secret is made by Salesforce, and never part of the package.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

APP = "Deskapp"  # its name for programs; letters alone
_VERSION = "66.0"  # the first that knows Canvas in external client apps
_SPACE = "http://soap.sforce.com/2006/04/metadata"
_YES, _NO = "true", "false"

Pairs = list[tuple[str, str]]


def make_files(name: str, url: str, origin: str) -> Mapping[str, str]:
    of_app = ("externalClientApplication", APP)
    return {
        "package.xml": _manifest(),
        f"externalClientApps/{APP}.eca": _document(
            "ExternalClientApplication",
            [
                ("contactEmail", f"noreply@{urlsplit(origin).hostname}"),
                ("description", "The desk beside a contact or a case."),
                ("distributionState", "Local"),
                ("isProtected", _NO),
                ("label", name),
            ],
        ),
        f"extlClntAppOauthSettings/{APP}_oauth.ecaOauth": _document(
            "ExtlClntAppOauthSettings", [("commaSeparatedOauthScopes", "Basic"), of_app, ("label", f"{APP}_oauth")]
        ),
        f"extlClntAppGlobalOauthSets/{APP}_glbloauth.ecaGlblOauth": _document(
            "ExtlClntAppGlobalOauthSettings",
            [
                ("callbackUrl", origin),
                of_app,
                ("isConsumerSecretOptional", _NO),
                ("isIntrospectAllTokens", _NO),
                ("isPkceRequired", _YES),
                ("isSecretRequiredForRefreshToken", _YES),
                ("label", f"{APP}_glbloauth"),
                ("shouldRotateConsumerKey", _NO),
                ("shouldRotateConsumerSecret", _NO),
            ],
        ),
        f"extlClntAppCanvasSettings/{APP}_canvas.ecaCanvas": _document(
            "ExtlClntAppCanvasSettings",
            [
                ("accessMethod", "Post"),
                ("canvasLocationOptions", "Aura"),
                ("canvasLocationOptions", "PageLayout"),
                ("canvasLocationOptions", "Visualforce"),
                ("canvasUrl", url),
                of_app,
                ("label", f"{APP}_canvas"),
                ("samlInitiationMethod", "None"),
            ],
        ),
        f"cspTrustedSites/{APP}.cspTrustedSite": _document(
            "CspTrustedSite",
            [
                ("context", "All"),
                ("description", "The desk, shown in frames."),
                ("endpointUrl", origin),
                ("isActive", _YES),
                ("isApplicableToConnectSrc", _NO),
                ("isApplicableToFontSrc", _NO),
                ("isApplicableToFrameSrc", _YES),
                ("isApplicableToImgSrc", _NO),
                ("isApplicableToMediaSrc", _NO),
                ("isApplicableToStyleSrc", _NO),
            ],
        ),
    }


def _document(kind: str, pairs: Pairs) -> str:
    lines = "".join(f"    <{tag}>{escape(value)}</{tag}>\n" for tag, value in pairs)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{_SPACE}">\n{lines}</{kind}>\n'


def _manifest() -> str:
    members = {
        "CspTrustedSite": APP,
        "ExternalClientApplication": APP,
        "ExtlClntAppCanvasSettings": f"{APP}_canvas",
        "ExtlClntAppGlobalOauthSettings": f"{APP}_glbloauth",
        "ExtlClntAppOauthSettings": f"{APP}_oauth",
    }
    types = "".join(
        f"    <types>\n        <members>{member}</members>\n        <name>{kind}</name>\n    </types>\n"
        for kind, member in members.items()
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="{_SPACE}">\n'
    return f"{head}{types}    <version>{_VERSION}</version>\n</Package>\n"
