"use strict";
// A widget of Zoho CRM: its script says which record is open, and is asked for the person in it. A record's own number is none of the
// shop's, so it goes under Zoho's name.
window.deskHost?.begin((desk) => {
  const zoho = window.ZOHO;
  if (!zoho?.embeddedApp) {
    desk.alone();
    return;
  }
  const read = async (Entity, RecordID) => {
    const found = await zoho.CRM.API.getRecord({ Entity, RecordID });
    const who = found?.data?.[0] ?? {};
    return { external_id: `zoho:${RecordID}`, email: who.Email, phone: who.Phone ?? who.Mobile, name: who.Full_Name ?? who.Account_Name, ticket: "" };
  };
  zoho.embeddedApp.on("PageLoad", (page) => {
    const id = [page?.EntityId].flat()[0];
    if (page?.Entity && id) desk.ask(() => read(page.Entity, id), true);
  });
  desk.within(zoho.embeddedApp.init()).then(
    () => desk.tellHeight((height) => desk.within(zoho.CRM.UI.Resize({ height: String(height), width: "100%" })).catch(() => {})),
    () => desk.alone(),
  );
});
