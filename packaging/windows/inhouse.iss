; Inno Setup 6: the folder of the application as one installer. packaging/windows_installer.py calls it with
; /DVersion=1.2.0 /DSource=the folder /DOut=where the installer goes /DIcon=inhouse.ico
;
; Silently, by IT:   inhouse-1.2.0-windows-x86_64.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART /ALLUSERS
; For one person:    …the same with /CURRENTUSER, which needs no administrator
; Removed silently:  "…\Inhouse\unins000.exe" /VERYSILENT
; Chats, documents and models lie in %LOCALAPPDATA%\Inhouse and stay when the program goes.

[Setup]
AppId={{6B0D0A53-2B7E-4B0B-9A43-1E6B1E7A3F10}
AppName=Inhouse
AppVersion={#Version}
VersionInfoVersion={#Version}
DefaultDirName={autopf}\Inhouse
DefaultGroupName=Inhouse
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
OutputDir={#Out}
OutputBaseFilename=inhouse-{#Version}-windows-x86_64
SetupIconFile={#Icon}
UninstallDisplayIcon={app}\Inhouse.exe
Compression=lzma2/max
SolidCompression=yes
ChangesAssociations=yes
CloseApplications=yes
WizardStyle=modern

[Files]
Source: "{#Source}\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{group}\Inhouse"; Filename: "{app}\Inhouse.exe"
Name: "{autodesktop}\Inhouse"; Filename: "{app}\Inhouse.exe"; Tasks: desktop

[Tasks]
Name: desktop; Description: "An icon on the desktop, on which documents can be dropped"; Flags: unchecked

[Registry]
Root: HKA; Subkey: "Software\Classes\Inhouse.Model"; ValueType: string; ValueData: "Language model"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Inhouse.Model\DefaultIcon"; ValueType: string; ValueData: "{app}\Inhouse.exe,0"
Root: HKA; Subkey: "Software\Classes\Inhouse.Model\shell\open\command"; ValueType: string; ValueData: """{app}\Inhouse.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\.gguf\OpenWithProgids"; ValueType: string; ValueName: "Inhouse.Model"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.inhouse\OpenWithProgids"; ValueType: string; ValueName: "Inhouse.Model"; Flags: uninsdeletevalue

[Run]
Filename: "{app}\Inhouse.exe"; Description: "Open Inhouse"; Flags: nowait postinstall skipifsilent
